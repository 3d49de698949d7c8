import type { Transaction } from '../../database/database.ts';
import { noSuch } from '../../listing/lister.ts';
import { isPlaceholder } from './run-status.ts';
import { lockRun } from './run-status-store.ts';
import type { UpdateRunStatus } from './run-status-updates.ts';

/** Takes back what the server has launched, or is about to; ids in database form. */
export interface CancelLaunches {
  /** Takes the launches of a run out of the queue. @returns the numbers of all that there were, launched or not */
  cancel(transaction: Transaction, runId: string): Promise<readonly number[]>;
  /** Ends the runners of launches, once the run is noted as stopped. */
  removeRunners(runId: string, numbers: readonly number[]): Promise<void>;
}

const STOPPED = 'Stopped before it began.';

/**
 * Stops a run that waits for its runner or its orchestrator, which therefore cannot be told.
 * @returns the launches whose runners are to be removed after the commit; `undefined` where the run has begun, or no launch of
 *   the server's is to begin it
 * @throws ApiError KeyError 404
 */
export async function stopBeforeStart(
  transaction: Transaction,
  updateStatus: UpdateRunStatus,
  launches: CancelLaunches,
  runId: string,
): Promise<readonly number[] | undefined> {
  const run = await lockRun(transaction, runId);
  if (!run) throw noSuch('pipeline run', runId);
  if (!isPlaceholder(run.status) || run.orchestrator_run_id !== null) return undefined;
  const numbers = await launches.cancel(transaction, runId);
  if (numbers.length === 0) return undefined;
  // A static run that is to stop and has no steps has stopped; a dynamic one says so by itself, which this one cannot.
  const status = run.is_dynamic === 1 ? 'stopped' : 'stopping';
  await updateStatus(transaction, runId, { status, reason: STOPPED });
  return numbers;
}
