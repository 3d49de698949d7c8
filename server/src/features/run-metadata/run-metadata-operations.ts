import type { BodyOf } from '../../contract/operation-types.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Transaction } from '../../database/database.ts';
import type { Schema } from '../../database/generated/schema.gen.ts';
import { toDatabaseId, toNullableId } from '../../database/ids.ts';
import { RequestValidationError } from '../../errors.ts';
import type { MetadataResourceType } from '../../listing/fields.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { checkReference } from '../references.ts';
import { insertMetadata } from './run-metadata-store.ts';

type RunMetadataRequest = BodyOf<'create_run_metadata_api_v1_run_metadata_post'>;

const TABLES: Readonly<Record<MetadataResourceType, keyof Schema>> = {
  pipeline_run: 'pipeline_run',
  step_run: 'step_run',
  artifact_version: 'artifact_version',
  model_version: 'model_version',
  schedule: 'schedule',
  wait_condition: 'run_wait_condition',
};

/** The operation that writes metadata to runs, steps, artifact and model versions, schedules and wait conditions. */
export function runMetadataOperations() {
  return {
    create_run_metadata_api_v1_run_metadata_post: ({ body, query, identity, transaction }) =>
      transaction(async (tx) => {
        const project = await findProject(tx, query.project_name_or_id ?? body.project);
        await createRunMetadata(tx, body, project.id, toDatabaseId(identity.user.id));
        return null;
      }),
  } satisfies Handlers;
}

async function createRunMetadata(
  transaction: Transaction,
  request: RunMetadataRequest,
  projectId: string,
  userId: string,
): Promise<void> {
  const from = 'run metadata';
  const component = { table: 'stack_component', id: request.stack_component_id, from } as const;
  const componentId = await checkReference(transaction, component);
  for (const resource of request.resources) {
    await checkReference(transaction, { table: TABLES[resource.type], id: resource.id, from, projectId });
  }
  const entries = Object.entries(request.values).map(([key, value]) => ({
    project_id: projectId,
    user_id: userId,
    stack_component_id: componentId,
    key,
    value: toText(value, typeOf(request, key)),
    type: typeOf(request, key),
    publisher_step_id: toNullableId(request.publisher_step_id),
  }));
  const targets = request.resources.map(({ id, type }) => ({ id: toDatabaseId(id), type }));
  await insertMetadata(transaction, entries, targets);
}

/** A float keeps its point where it has no fraction, as in Python: `1.0`. */
function toText(value: unknown, type: string): string {
  return type === 'float' && Number.isSafeInteger(value) ? `${value}.0` : JSON.stringify(value);
}

function typeOf({ types }: RunMetadataRequest, key: string): string {
  const type = types[key];
  if (type === undefined) throw new RequestValidationError(`The metadata key '${key}' has no entry in 'types'.`);
  return type;
}
