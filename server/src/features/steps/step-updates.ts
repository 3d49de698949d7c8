import type { BodyOf } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { toDatabaseInstant } from '../../database/instants.ts';
import { noSuch } from '../../listing/lister.ts';
import { createLogsOf } from '../logs/logs-service.ts';
import { toStoredException } from '../runs/exception-info.ts';
import type { UpdateRunStatus } from '../runs/run-status-updates.ts';
import { requireArtifacts, toLinks } from './step-artifacts.ts';
import * as links from './step-links-store.ts';
import { checkStepTransition, stepStatusAfter } from './step-status.ts';
import * as store from './steps-store.ts';

/** What a client changes of a step run. */
export type StepUpdate = BodyOf<'update_step_api_v1_steps__step_id__put'>;

/** Changes a step run and brings its run's status up to date. @throws ApiError 403, 404 */
export async function updateStep(
  transaction: Transaction,
  updateRunStatus: UpdateRunStatus,
  id: string,
  update: StepUpdate,
): Promise<void> {
  const step = await store.lockStep(transaction, id);
  if (!step) throw noSuch('step run', id);
  if (update.status) checkStepTransition(step.status, update.status);
  await store.updateStep(transaction, id, toChanges(step, update));
  const outputs = toLinks(update.outputs);
  const inputs = Object.entries(update.loaded_artifact_versions).map(([name, artifactId]) => ({
    name,
    artifactId: toDatabaseId(artifactId),
    type: 'manual' as const,
    index: 0,
    chunkIndex: null,
    chunkSize: null,
  }));
  const artifacts = { 'output artifact': outputs, 'input artifact': inputs };
  await requireArtifacts(transaction, step.project_id, artifacts);
  await links.insertOutputs(transaction, id, outputs);
  await links.insertInputs(transaction, id, inputs);
  await updateRunStatus(transaction, step.pipeline_run_id);
  for (const logs of update.add_logs ?? []) {
    await createLogsOf(
      transaction,
      logs,
      { projectId: step.project_id, userId: step.user_id },
      { step_run_id: id },
      'step',
    );
  }
}

function toChanges(step: store.StoredStep, update: StepUpdate): Partial<store.StepValues> {
  const status =
    update.status &&
    stepStatusAfter({
      current: step.status,
      requested: update.status,
      isRetriable: step.is_retriable === 1,
      runStatus: step.run_status,
    });
  return {
    ...(status && { status }),
    ...(update.end_time && { end_time: toDatabaseInstant(update.end_time) }),
    ...(update.exception_info && { exception_info: toStoredException(update.exception_info) }),
    ...(update.cache_expires_at && { cache_expires_at: toDatabaseInstant(update.cache_expires_at) }),
  };
}
