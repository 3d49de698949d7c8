import type { BodyOf, Model } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import type { Schema } from '../../database/generated/schema.gen.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { keyError } from '../../errors.ts';
import { isExactNumber } from '../../exact-numbers.ts';
import type { MetadataResourceType } from '../../listing/fields.ts';
import { checkReference } from '../references.ts';
import { insertMetadata, type MetadataTarget } from './run-metadata-store.ts';

type RunMetadataRequest = BodyOf<'create_run_metadata_api_v1_run_metadata_post'>;

const TABLES: Readonly<Record<MetadataResourceType, keyof Schema>> = {
  pipeline_run: 'pipeline_run',
  step_run: 'step_run',
  artifact_version: 'artifact_version',
  model_version: 'model_version',
  schedule: 'schedule',
  wait_condition: 'run_wait_condition',
};

/** Where metadata is written, and by whom (database ids). */
export interface MetadataScope {
  readonly projectId: string;
  readonly userId: string;
}

/** Writes metadata as a client asks for. @throws ApiError KeyError 404, also where a value has no type */
export async function createRunMetadata(
  transaction: Transaction,
  request: RunMetadataRequest,
  projectId: string,
  userId: string,
): Promise<void> {
  const from = 'run metadata';
  const component = { table: 'stack_component', id: request.stack_component_id, from } as const;
  const componentId = await checkReference(transaction, component);
  for (const resource of request.resources) {
    const reference = { table: TABLES[resource.type], id: resource.id, from, projectId, askedFor: true };
    await checkReference(transaction, reference);
  }
  if (request.resources.length === 0) return;
  const publisher = { table: 'step_run', id: request.publisher_step_id, type: 'publisher step', from } as const;
  const publisherId = await checkReference(transaction, publisher);
  const entries = Object.entries(request.values).map(([key, value]) => ({
    project_id: projectId,
    user_id: userId,
    stack_component_id: componentId,
    key,
    value: storedValue(value),
    type: typeOf(request, key),
    publisher_step_id: publisherId,
  }));
  const targets = request.resources.map(({ id, type }) => ({ id: toDatabaseId(id), type }));
  await insertMetadata(transaction, entries, targets);
}

function typeOf({ types }: RunMetadataRequest, key: string): string {
  const type = types[key];
  if (type === undefined) throw keyError(key);
  return type;
}

/** Longest stored value, bytes (MySQL `text`). */
const MAX_VALUE_LENGTH = 65_535;

/** Adds values to what was just created; those that are too long or have no type are left out, as in the reference. */
export async function addMetadata(
  transaction: Transaction,
  target: MetadataTarget,
  metadata: Record<string, unknown>,
  { projectId, userId }: MetadataScope,
): Promise<void> {
  const entries = Object.entries(metadata).flatMap(([key, value]) => {
    const text = storedValue(value);
    const type = metadataType(value);
    if (type === undefined || Buffer.byteLength(text) > MAX_VALUE_LENGTH) return [];
    return { project_id: projectId, user_id: userId, key, value: text, type };
  });
  await insertMetadata(transaction, entries, [target]);
}

/** A number that is not finite is stored by its name: the reference reads it, and no null, as a value of metadata. */
function storedValue(value: unknown): string {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : JSON.stringify(value);
}

function metadataType(value: unknown): Model<'MetadataTypeEnum'> | undefined {
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  if (isExactNumber(value)) return /[.e]/.test(value.rawJSON) ? 'float' : 'int';
  if (Array.isArray(value)) return 'list';
  return value === null ? undefined : 'dict';
}
