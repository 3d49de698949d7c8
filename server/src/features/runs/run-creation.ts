import type { CreationRefusals } from '../../auth/permissions.ts';
import { invalidBody } from '../../contract/issues.ts';
import type { BodyOf, Model } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { toDatabaseId, toNullableId } from '../../database/ids.ts';
import { toNullableDatabaseInstant } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists, valueError } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { assign, createLogsOf } from '../logs/logs-service.ts';
import { ensureModelVersion } from '../models/ensure-model-version.ts';
import { checkReference } from '../references.ts';
import { attachTags } from '../tags/tags-service.ts';
import { toStoredException } from './exception-info.ts';
import { finalizeSubstitutions } from './run-configuration.ts';
import { isPlaceholder } from './run-status.ts';
import * as store from './runs-store.ts';

/** A request for a run. */
export type RunRequest = BodyOf<'get_or_create_pipeline_run_api_v1_runs_post'>;

/** Who asks for a run, and in which project (database ids). */
export interface RunRequester {
  readonly projectId: string;
  readonly userId: string;
  /** What they may not begin or make, but only find. */
  readonly refusals?: CreationRefusals | undefined;
}

/**
 * Gives the run that was asked for: the one that its orchestrator has begun already, a placeholder that it takes over,
 * or a new one.
 * @returns its database id, and whether it began with this request.
 * @throws ApiError EntityExistsError 409 for a name that is taken, KeyError 404 for a reference, ValueError 400;
 *   RequestValidationError 422
 */
export async function getOrCreateRun(
  transaction: Transaction,
  request: RunRequest,
  requester: RunRequester,
): Promise<{ id: string; created: boolean }> {
  checkRunRequest(request);
  await checkOriginalRun(transaction, request);
  const snapshotId = toDatabaseId(request.snapshot);
  const begun = await findBegun(transaction, snapshotId, request);
  if (begun) return { id: begun, created: false };
  await store.lockSnapshot(transaction, snapshotId);
  // Another step of the same run may have begun it while this one waited for the snapshot.
  const meanwhile = await findBegun(transaction, snapshotId, request);
  if (meanwhile) return { id: meanwhile, created: false };
  if (requester.refusals?.run) throw requester.refusals.run;
  const placeholder = isPlaceholder(request.status)
    ? undefined
    : await takeOver(transaction, snapshotId, request, requester);
  return { id: placeholder ?? (await createRun(transaction, snapshotId, request, requester)), created: true };
}

function checkRunRequest({ status, parent_run_id, child_key }: RunRequest): void {
  if (status !== 'initializing' && status !== 'running') {
    throw invalidBody('Run must be started in the initializing or running state.');
  }
  if (parent_run_id != null && child_key == null) {
    throw invalidBody('`parent_run_id` is set but `child_key` is None; both must be set together.');
  }
  if (child_key != null && parent_run_id == null) {
    throw invalidBody('`child_key` is set but `parent_run_id` is None; both must be set together.');
  }
}

/** Before anything else, as the reference asks whether the caller may see the run that is replayed. */
async function checkOriginalRun(transaction: Transaction, { original_run_id }: RunRequest): Promise<void> {
  if (original_run_id == null) return;
  const known = await store.findRun(transaction, toDatabaseId(original_run_id));
  if (!known) throw noSuch('pipeline run', original_run_id);
}

async function findBegun(
  transaction: Transaction,
  snapshotId: string,
  { orchestrator_run_id }: RunRequest,
): Promise<string | undefined> {
  return orchestrator_run_id ? store.findRunOfOrchestrator(transaction, snapshotId, orchestrator_run_id) : undefined;
}

async function takeOver(
  transaction: Transaction,
  snapshotId: string,
  request: RunRequest,
  requester: RunRequester,
): Promise<string | undefined> {
  const placeholder = await store.lockPlaceholder(transaction, snapshotId, request.orchestrator_run_id ?? null);
  if (!placeholder) return undefined;
  if (placeholder.project_id !== requester.projectId) {
    throw valueError('Snapshot or project ID of placeholder run do not match the IDs of the run request.');
  }
  if (!request.orchestrator_run_id) {
    throw valueError('Orchestrator run ID is required to replace a placeholder run.');
  }
  await store.replacePlaceholder(transaction, placeholder.id, {
    orchestrator_run_id: request.orchestrator_run_id,
    orchestrator_environment: JSON.stringify(request.orchestrator_environment ?? {}),
    status: request.status,
    in_progress: 1,
  });
  await attachTags(
    transaction,
    { type: 'pipeline_run', ids: [placeholder.id], userId: requester.userId },
    request.tags,
  );
  return placeholder.id;
}

async function createRun(
  transaction: Transaction,
  snapshotId: string,
  request: RunRequest,
  requester: RunRequester,
): Promise<string> {
  const reference = { from: 'pipeline run', projectId: requester.projectId } as const;
  const run = { ...reference, table: 'pipeline_run' } as const;
  await checkReference(transaction, { ...reference, table: 'pipeline_snapshot', id: request.snapshot });
  await checkReference(transaction, { ...run, id: request.original_run_id, type: 'original run' });
  const parentId = await checkReference(transaction, { ...run, id: request.parent_run_id, type: 'parent run' });
  const snapshot = await store.readSnapshot(transaction, snapshotId);
  const configuration = JSON.parse(snapshot.pipeline_configuration) as RunConfiguration;
  const values = {
    ...toValues(request, requester),
    snapshot_id: snapshotId,
    pipeline_id: snapshot.pipeline_id,
    enable_heartbeat: configuration.enable_heartbeat === false ? 0 : 1,
    root_run_id: parentId && (await store.findRootRun(transaction, parentId)),
  };
  const id = await insertRun(transaction, values);
  await recordLogs(transaction, id, request, requester);
  if (configuration.model) await giveModelVersion(transaction, id, values.start_time, configuration, requester);
  await attachTags(transaction, { type: 'pipeline_run', ids: [id], userId: requester.userId }, request.tags);
  return id;
}

/** What the creation of a run reads in its snapshot's configuration. */
interface RunConfiguration {
  readonly enable_heartbeat?: boolean | null;
  readonly model?: Model<'Model'> | null;
  readonly substitutions?: Readonly<Record<string, string>>;
}

/** MySQL's TEXT, bytes. */
const MAX_TEXT = 65_535;

function toValues(request: RunRequest, { projectId, userId }: RunRequester) {
  const environment = JSON.stringify(request.orchestrator_environment ?? {});
  const { step_run_id, deployment_id } = request.trigger_info ?? {};
  const trigger = step_run_id ? 'step_run' : deployment_id ? 'deployment' : null;
  return {
    project_id: projectId,
    user_id: userId,
    name: request.name,
    orchestrator_run_id: request.orchestrator_run_id ?? null,
    orchestrator_environment: Buffer.byteLength(environment) > MAX_TEXT ? '{}' : environment,
    start_time: toNullableDatabaseInstant(request.start_time),
    end_time: toNullableDatabaseInstant(request.end_time),
    status: request.status,
    in_progress: 1,
    status_reason: request.status_reason ?? null,
    triggered_by: toNullableId(step_run_id ?? deployment_id),
    triggered_by_type: trigger,
    exception_info: request.exception_info ? toStoredException(request.exception_info) : null,
    original_run_id: toNullableId(request.original_run_id),
    parent_run_id: toNullableId(request.parent_run_id),
    child_key: request.child_key ?? null,
  };
}

async function insertRun(
  transaction: Transaction,
  values: Omit<store.RunValues, 'index'> & { pipeline_id: string },
): Promise<string> {
  // Seen before the pipeline's number is taken, so that refused requests leave no gap in the numbers.
  if (await store.isNameTaken(transaction, values.name, values.project_id)) throw nameTaken(values.name);
  const index = await store.nextRunIndex(transaction, values.pipeline_id);
  try {
    return await store.insertRun(transaction, { ...values, index });
  } catch (error) {
    throw isDuplicateKey(error) ? nameTaken(values.name) : error;
  }
}

/** The reference says so for every unique key of runs, because names are what clients collide on. */
function nameTaken(name: string): Error {
  return entityExists(
    `Pipeline run name '${name}' already exists in this project. Each pipeline run must have a unique name.\n\n` +
      'To fix this, you can:\n' +
      '1. Use a different run name\n' +
      `2. Use a dynamic run name with placeholders like: "${name}_{date}_{time}"\n` +
      '3. Remove the run name from your configuration to auto-generate unique names\n\n' +
      'For more information on run naming, see: ' +
      'https://docs.zenml.io/concepts/steps_and_pipelines/yaml_configuration#run-name',
  );
}

async function recordLogs(
  transaction: Transaction,
  runId: string,
  { logs }: RunRequest,
  requester: RunRequester,
): Promise<void> {
  if (logs == null) return;
  if (typeof logs !== 'string') {
    await createLogsOf(transaction, logs, requester, { pipeline_run_id: runId }, 'client');
    return;
  }
  const reference = { table: 'logs', id: logs, from: 'pipeline run', projectId: requester.projectId } as const;
  await checkReference(transaction, reference);
  await assign(transaction, toDatabaseId(logs), { pipeline_run_id: runId });
}

async function giveModelVersion(
  transaction: Transaction,
  runId: string,
  startTime: string | null,
  { model, substitutions = {} }: RunConfiguration,
  requester: RunRequester,
): Promise<void> {
  if (!model) return;
  const versionId = await ensureModelVersion(transaction, {
    ...requester,
    runId,
    model,
    substitutions: finalizeSubstitutions(substitutions, startTime),
  });
  await store.setModelVersion(transaction, runId, versionId);
}
