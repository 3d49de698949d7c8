import { invalidBody } from '../../contract/issues.ts';
import type { BodyOf } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { ApiError, entityExists } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { checkName } from '../names.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { checkReference } from '../references.ts';
import { attachTags, detachTags } from '../tags/tags-service.ts';
import { createModelVersion } from './model-version-creation.ts';
import { checkVersionName, MODEL_STAGES } from './model-version-names.ts';
import * as store from './models-store.ts';

type ModelRequest = BodyOf<'create_model_api_v1_models_post'>;
type ModelUpdate = BodyOf<'update_model_api_v1_models__model_id__put'>;
type VersionRequest = BodyOf<'create_model_version_api_v1_model_versions_post'>;
type VersionUpdate = BodyOf<'update_model_version_api_v1_model_versions__model_version_id__put'>;

/** Creates a model and returns its database id. @throws ApiError 400, 404, 409 */
export async function createModel(
  transaction: Transaction,
  request: ModelRequest,
  projectNameOrId: string,
  userId: string,
): Promise<string> {
  checkName(request.name, 'Model');
  const project = await findProject(transaction, projectNameOrId);
  const values = {
    name: request.name,
    project_id: project.id,
    user_id: userId,
    license: request.license ?? null,
    description: request.description ?? null,
    audience: request.audience ?? null,
    use_cases: request.use_cases ?? null,
    limitations: request.limitations ?? null,
    trade_offs: request.trade_offs ?? null,
    ethics: request.ethics ?? null,
    save_models_to_registry: (request.save_models_to_registry ?? true) ? 1 : 0,
  };
  const id = await store.insertModel(transaction, values).catch((error: unknown) => {
    throw isDuplicateKey(error) ? nameTaken('create', request.name, project.name) : error;
  });
  await attachTags(transaction, { type: 'model', ids: [id], userId }, request.tags);
  return id;
}

/** Changes a model. @throws ApiError 404, 409 */
export async function changeModel(
  transaction: Transaction,
  id: string,
  update: ModelUpdate,
  userId: string,
): Promise<void> {
  const model = await store.lockModel(transaction, id);
  if (!model) throw noSuch('model', id);
  const { add_tags, remove_tags, save_models_to_registry, ...texts } = update;
  const given = Object.entries(texts).filter(([, value]) => value != null);
  const free = await store.updateModel(transaction, id, {
    ...(Object.fromEntries(given) as Partial<store.ModelValues>),
    ...(save_models_to_registry != null && { save_models_to_registry: save_models_to_registry ? 1 : 0 }),
  });
  if (!free) {
    throw nameTaken('update', update.name ?? '', (await findProject(transaction, model.project_id)).name);
  }
  const target = { type: 'model', ids: [id], userId } as const;
  await attachTags(transaction, target, add_tags);
  await detachTags(transaction, target, remove_tags);
}

/** Deletes a model with its versions. @throws ApiError KeyError 404 */
export async function removeModel(transaction: Transaction, id: string): Promise<void> {
  if (!(await store.lockModel(transaction, id))) throw noSuch('model', id);
  await store.deleteModel(transaction, id);
}

/** Creates a version of a model and returns its database id. @throws ApiError 400, 404, 409 */
export async function createVersion(
  transaction: Transaction,
  request: VersionRequest,
  projectNameOrId: string,
  userId: string,
): Promise<string> {
  if (request.name) checkVersionName(request.name);
  const project = await findProject(transaction, projectNameOrId);
  const from = 'model version';
  await checkReference(transaction, { table: 'model', id: request.model, from, projectId: project.id });
  return createModelVersion(transaction, toDatabaseId(request.model), {
    name: request.name,
    projectId: project.id,
    userId,
    description: request.description ?? null,
    stage: request.stage ?? null,
    tags: request.tags,
  });
}

/**
 * Changes a version of a model. At most one version of a model is in a stage: with `force` the other one is archived.
 * @throws ApiError 404, 409, RuntimeError 500 for a stage that is taken.
 */
export async function changeVersion(
  transaction: Transaction,
  id: string,
  update: VersionUpdate,
  userId: string,
): Promise<void> {
  const { stage, name, description } = update;
  if (stage != null && !MODEL_STAGES.includes(stage)) {
    throw invalidBody(`\`${stage}\` is not a valid model stage.`, 'stage');
  }
  const version = await store.lockModelOfVersion(transaction, id);
  if (!version) throw noSuch('model version', id);
  if (stage != null) await freeStage(transaction, version, stage, update.force ?? false);
  const free = await store.updateModelVersion(transaction, id, {
    ...(stage != null && { stage }),
    ...(name != null && { name }),
    ...(description != null && { description }),
  });
  if (!free) throw entityExists(`Unable to update model version: A version with the name '${name}' already exists.`);
  const target = { type: 'model_version', ids: [id], userId } as const;
  await attachTags(transaction, target, update.add_tags);
  await detachTags(transaction, target, update.remove_tags);
}

async function freeStage(
  transaction: Transaction,
  version: store.StoredModelVersion,
  stage: string,
  force: boolean,
): Promise<void> {
  const other = await store.findVersionInStage(transaction, version.model_id, stage);
  if (!other || other.id === version.id) return;
  if (!force)
    throw new ApiError('RuntimeError', `Model version ${other.name} is in ${stage}, but \`force\` flag is False.`);
  await store.updateModelVersion(transaction, other.id, { stage: 'archived' });
}

/** Deletes a version of a model. @throws ApiError KeyError 404 */
export async function removeVersion(transaction: Transaction, id: string): Promise<void> {
  if (!(await store.lockModelOfVersion(transaction, id))) throw noSuch('model version', id);
  await store.deleteModelVersions(transaction, [id]);
}

function nameTaken(operation: 'create' | 'update', name: string, project: string) {
  return entityExists(
    `Unable to ${operation} the requested model with name '${name}': Found another existing model with the same name ` +
      `in the '${project}' project.`,
  );
}
