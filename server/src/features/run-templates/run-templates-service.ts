import type { BodyOf } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { entityExists, valueError } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { checkReference } from '../references.ts';
import { attachTags, detachTags } from '../tags/tags-service.ts';
import * as store from './run-templates-store.ts';

type TemplateRequest = BodyOf<'create_run_template_api_v1_run_templates_post'>;
type TemplateUpdate = BodyOf<'update_run_template_api_v1_run_templates__template_id__put'>;

/** Flavors that work on the client's machine only (ZenML 0.98.0, `is_local` of their configuration). */
const LOCAL_FLAVORS: Readonly<Record<string, readonly string[]>> = {
  orchestrator: ['local', 'local_docker'],
  artifact_store: ['local'],
  deployer: ['local', 'docker'],
  model_deployer: ['mlflow'],
  sandbox: ['local', 'docker'],
};

/** Creates a run template and returns its database id. @throws ApiError 400, 404, 409 */
export async function createRunTemplate(
  transaction: Transaction,
  request: TemplateRequest,
  projectNameOrId: string,
  userId: string,
): Promise<string> {
  const project = await findProject(transaction, projectNameOrId);
  const description = request.description ?? null;
  const snapshotId = await checkReference(transaction, {
    table: 'pipeline_snapshot',
    id: request.source_snapshot_id,
    from: 'run template',
    projectId: project.id,
  });
  const id = await store.insertRunTemplate(transaction, {
    name: request.name,
    project_id: project.id,
    user_id: userId,
    description,
    hidden: request.hidden ? 1 : 0,
    source_snapshot_id: snapshotId,
  });
  if (!id) throw nameTaken('create', request.name, project.name);
  if (snapshotId) {
    await checkTemplatable(transaction, snapshotId);
    const named =
      request.hidden || (await store.nameSnapshot(transaction, snapshotId, { name: request.name, description }));
    if (!named) throw entityExists(`A snapshot of the pipeline has the name '${request.name}' already.`);
  }
  await attachTags(transaction, { type: 'run_template', ids: [id], userId }, request.tags);
  return id;
}

/** A template needs an image that was built for a stack whose components all work without the client's machine. */
async function checkTemplatable(transaction: Transaction, snapshotId: string): Promise<void> {
  const build = await store.findBuild(transaction, snapshotId);
  const refuse = (reason: string) => valueError(`Unable to create run template as ${reason}`);
  if (!build) {
    throw refuse(
      'there is no associated build. Run templates can only be created for remote orchestrators that use container ' +
        'images to run the pipeline.',
    );
  }
  if (!build.stackId) throw refuse('the associated build has no stack reference.');
  for (const { type, flavor, is_custom } of build.components) {
    if (is_custom === null) throw refuse('a component of the associated stack has no flavor.');
    if (is_custom === 1) throw refuse('a component of the associated stack has a custom flavor.');
    if (LOCAL_FLAVORS[type]?.includes(flavor)) throw refuse('the associated stack contains local components.');
  }
}

/** Changes a run template. @throws ApiError 404, 409 */
export async function changeRunTemplate(
  transaction: Transaction,
  id: string,
  update: TemplateUpdate,
  userId: string,
): Promise<void> {
  const template = await store.lockRunTemplate(transaction, id);
  if (!template) throw noSuch('run template', id);
  const free = await store.updateRunTemplate(transaction, id, {
    ...(update.name != null && { name: update.name }),
    ...(update.description != null && { description: update.description }),
    ...(update.hidden != null && { hidden: update.hidden ? 1 : 0 }),
  });
  if (!free) throw nameTaken('update', update.name ?? '', (await findProject(transaction, template.project_id)).name);
  const target = { type: 'run_template', ids: [id], userId } as const;
  await attachTags(transaction, target, update.add_tags);
  await detachTags(transaction, target, update.remove_tags);
}

function nameTaken(operation: 'create' | 'update', name: string, project: string) {
  return entityExists(
    `Unable to ${operation} the requested run template with name '${name}': Found another existing run template with ` +
      `the same name in the '${project}' project.`,
  );
}
