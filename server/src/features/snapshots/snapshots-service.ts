import type { Complete } from '../../contract/completion.ts';
import { invalidBody } from '../../contract/issues.ts';
import type { BodyOf, Model } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { fromDatabaseId, toNullableId } from '../../database/ids.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { ensureCodeReference } from '../code-repositories/code-references-service.ts';
import { checkName } from '../names.ts';
import { checkReference } from '../references.ts';
import { attachTags, detachTags } from '../tags/tags-service.ts';
import * as store from './snapshots-store.ts';

type SnapshotRequest = BodyOf<'create_pipeline_snapshot_api_v1_pipeline_snapshots_post'>;
type SnapshotUpdate = BodyOf<'update_pipeline_snapshot_api_v1_pipeline_snapshots__snapshot_id__put'>;

/** The project and the user of a write, database ids. */
export interface Scope {
  readonly projectId: string;
  readonly userId: string;
}

/** The longest name, characters. */
const MAX_NAME = 255;

/** The longest text that the column `client_environment` takes, bytes. */
const MAX_ENVIRONMENT = 65_535;

/** Creates a snapshot and returns its database id. @throws ApiError 404, 409 */
export async function createSnapshot(
  transaction: Transaction,
  complete: Complete,
  body: SnapshotRequest,
  { projectId, userId }: Scope,
): Promise<string> {
  const request = complete('PipelineSnapshotRequest', body);
  checkSnapshotName(request.name);
  const references = await checkReferences(transaction, request, projectId);
  const name = typeof request.name === 'string' ? request.name : null;
  if (name !== null) {
    checkName(name, 'PipelineSnapshot');
    if (request.replace) await takeName(transaction, references.pipeline_id, name);
  }
  const environment = JSON.stringify(request.client_environment);
  const values: store.SnapshotValues = {
    ...references,
    name,
    description: request.description,
    is_dynamic: request.is_dynamic ? 1 : 0,
    pipeline_configuration: JSON.stringify(withCheckedModel(request.pipeline_configuration)),
    client_environment: Buffer.byteLength(environment) > MAX_ENVIRONMENT ? '{}' : environment,
    run_name_template: request.run_name_template,
    client_version: request.client_version,
    server_version: request.server_version,
    pipeline_version_hash: request.pipeline_version_hash,
    pipeline_spec: request.pipeline_spec ? JSON.stringify(request.pipeline_spec) : null,
    source_code: request.source_code,
    code_path: request.code_path,
    user_id: userId,
    project_id: projectId,
    step_count: Object.keys(request.step_configurations).length,
  };
  // The merged configuration is made anew whenever it is shown.
  const steps = Object.entries(request.step_configurations).map(([step, { config: _merged, ...own }]) => ({
    name: step,
    config: JSON.stringify({ ...own, step_config_overrides: withCheckedModel(own.step_config_overrides) }),
  }));
  const id = await uniqueName(name, references.pipeline_id, () => store.insertSnapshot(transaction, values, steps));
  await attachTags(transaction, { type: 'pipeline_snapshot', ids: [id], userId }, request.tags);
  return id;
}

/** Whoever reads a stored model need not warn of it again: the reference marks a model that it has checked. */
function withCheckedModel<T extends { readonly model?: Model<'Model'> | null }>(configuration: T): T {
  const { model } = configuration;
  return model ? { ...configuration, model: { ...model, suppress_class_validation_warnings: true } } : configuration;
}

/** The contract takes any text and any boolean for a name. */
function checkSnapshotName(name: string | boolean | null | undefined): void {
  if (name === true) throw invalidBody('Snapshot name cannot be `True`.', 'name');
  if (name === '') throw invalidBody('Snapshot name cannot be empty.', 'name');
  if (typeof name === 'string' && name.length > MAX_NAME) {
    throw invalidBody(`Snapshot name \`${name}\` is too long. The maximum length is ${MAX_NAME} characters.`, 'name');
  }
}

/** Changes a snapshot's name, description and tags. `name: false` takes the name away. @throws ApiError 404, 409 */
export async function updateSnapshot(
  transaction: Transaction,
  id: string,
  update: SnapshotUpdate,
  userId: string,
): Promise<void> {
  checkSnapshotName(update.name);
  const snapshot = await store.lockSnapshot(transaction, id);
  if (!snapshot) throw noSuch('pipeline snapshot', id);
  const { name } = update;
  if (typeof name === 'string') {
    checkName(name, 'PipelineSnapshotUpdate');
    if (update.replace) await takeName(transaction, snapshot.pipeline_id, name, id);
  }
  const newName = typeof name === 'string' ? name : name === false ? null : snapshot.name;
  const changes = { name: newName, ...(update.description && { description: update.description }) };
  await uniqueName(newName, snapshot.pipeline_id, () => store.updateSnapshot(transaction, id, changes));
  const target = { type: 'pipeline_snapshot', ids: [id], userId } as const;
  await attachTags(transaction, target, update.add_tags);
  await detachTags(transaction, target, update.remove_tags);
  if (newName === null) await store.detachTriggers(transaction, id);
}

/** Deletes a snapshot with its runs. @throws ApiError KeyError 404 */
export async function removeSnapshot(transaction: Transaction, id: string): Promise<void> {
  await store.forgetSource(transaction, id);
  if ((await store.deleteSnapshots(transaction, [id])) === 0) throw noSuch('pipeline snapshot', id);
}

async function checkReferences(transaction: Transaction, request: SnapshotRequest, projectId: string) {
  const from = 'pipeline snapshot';
  const { code_reference } = request;
  await checkReference(transaction, { table: 'stack', id: request.stack, from });
  const pipelineId = await checkReference(transaction, { table: 'pipeline', id: request.pipeline, from, projectId });
  await checkReference(transaction, { table: 'pipeline_build', id: request.build, from, projectId });
  await checkReference(transaction, { table: 'schedule', id: request.schedule, from, projectId });
  const repository = { table: 'code_repository', id: code_reference?.code_repository, from, projectId } as const;
  const repositoryId = await checkReference(transaction, repository);
  await checkReference(transaction, { table: 'run_template', id: request.template, from, projectId });
  await checkReference(transaction, { table: 'pipeline_snapshot', id: request.source_snapshot, from, projectId });
  return {
    stack_id: toNullableId(request.stack),
    pipeline_id: pipelineId ?? '',
    build_id: toNullableId(request.build),
    schedule_id: toNullableId(request.schedule),
    template_id: toNullableId(request.template),
    source_snapshot_id: toNullableId(request.source_snapshot),
    code_reference_id:
      code_reference && repositoryId
        ? await ensureCodeReference(transaction, {
            project_id: projectId,
            code_repository_id: repositoryId,
            commit: code_reference.commit,
            subdirectory: code_reference.subdirectory,
          })
        : null,
  };
}

/** Frees a name: what has it is deleted where nothing needs it, and otherwise kept without a name. */
async function takeName(transaction: Transaction, pipelineId: string, name: string, except?: string): Promise<void> {
  const holder = await store.lockByName(transaction, pipelineId, name);
  if (!holder || holder.id === except) return;
  if (holder.referenced) await store.releaseName(transaction, holder.id);
  else await store.deleteSnapshots(transaction, [holder.id]);
}

async function uniqueName<T>(name: string | null, pipelineId: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isDuplicateKey(error, 'unique_name_for_pipeline_id')) throw error;
    throw entityExists(
      `Snapshot with name \`${name}\` already exists for pipeline \`${fromDatabaseId(pipelineId)}\`. If you want to ` +
        'replace the existing snapshot, set the `replace` flag to `True`.',
    );
  }
}
