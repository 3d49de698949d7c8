import type { BodyOf } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists, illegalOperation, valueError } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { createLogsOf } from '../logs/logs-service.ts';
import { checkReference } from '../references.ts';
import { attachTags, detachTags } from '../tags/tags-service.ts';
import { toStoredException } from './exception-info.ts';
import { isPlaceholder } from './run-status.ts';
import { lockRun, type RunStatusRow, updateRunRow } from './run-status-store.ts';
import type { UpdateRunStatus } from './run-status-updates.ts';
import { replaceOutputs } from './runs-store.ts';

/** Changes of a run. */
export type RunUpdate = BodyOf<'update_run_api_v1_runs__run_id__put'>;

/**
 * Changes a run.
 * @param userId who creates tags that do not exist yet.
 * @throws ApiError KeyError 404, IllegalOperationError 403
 */
export async function updateRun(
  transaction: Transaction,
  updateStatus: UpdateRunStatus,
  runId: string,
  update: RunUpdate,
  userId: string,
): Promise<void> {
  const known = await lockRun(transaction, runId);
  if (!known) throw noSuch('pipeline run', runId);
  if (update.status != null) {
    await updateStatus(transaction, runId, { status: update.status, reason: update.status_reason ?? undefined });
  }
  const run = update.status == null ? known : await lockRun(transaction, runId);
  if (update.orchestrator_run_id) checkOrchestratorRunId(run ?? known, update.orchestrator_run_id);
  if (update.outputs != null) await setOutputs(transaction, runId, known, update.outputs);
  try {
    await updateRunRow(transaction, runId, {
      updated: now(),
      ...(update.orchestrator_run_id && { orchestrator_run_id: update.orchestrator_run_id }),
      ...(update.exception_info && { exception_info: toStoredException(update.exception_info) }),
    });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw entityExists(`Another run of the snapshot has the orchestrator run id ${update.orchestrator_run_id}.`);
  }
  const scope = { projectId: known.project_id, userId: known.user_id };
  for (const logs of update.add_logs ?? []) {
    await createLogsOf(transaction, logs, scope, { pipeline_run_id: runId }, 'orchestrator');
  }
  const target = { type: 'pipeline_run', ids: [runId], userId } as const;
  await attachTags(transaction, target, update.add_tags);
  await detachTags(transaction, target, update.remove_tags);
}

function checkOrchestratorRunId(run: RunStatusRow, orchestratorRunId: string): void {
  if (!isPlaceholder(run.status)) {
    throw illegalOperation('Cannot update the orchestrator run id of a pipeline run that is not a placeholder run.');
  }
  if (run.orchestrator_run_id && run.orchestrator_run_id !== orchestratorRunId) {
    throw illegalOperation(
      'Pipeline run already has a different orchestrator run id. ' +
        `Existing: ${run.orchestrator_run_id}, New: ${orchestratorRunId}`,
    );
  }
}

async function setOutputs(
  transaction: Transaction,
  runId: string,
  run: RunStatusRow,
  outputs: NonNullable<RunUpdate['outputs']>,
): Promise<void> {
  const reference = {
    table: 'artifact_version',
    from: 'pipeline run schema',
    type: 'output artifact version',
    projectId: run.project_id,
    operation: 'updated',
  } as const;
  for (const id of new Set(Object.values(outputs))) await checkReference(transaction, { ...reference, id });
  const entries = Object.entries(outputs).map(([name, id]) => [name, toDatabaseId(id)] as const);
  try {
    await replaceOutputs(transaction, runId, new Map(entries));
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw valueError('Two outputs have names that differ in case or trailing blanks only.');
  }
}
