import type { Database } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import { holdRun } from '../../features/runs/run-access-service.ts';
import type { UpdateRunStatus } from '../../features/runs/run-status-updates.ts';

const REASON = 'Stopped before it was resumed.';

/**
 * Ends a run that was stopped while its resumption waited: it had paused, so that no process of it is there to see that it
 * is to stop. One that has gone on meanwhile stays as it is.
 * @param runId database id
 * @throws ApiError KeyError 404
 */
export type EndStoppedResumption = (runId: string) => Promise<void>;

/** @param updateStatus changes the status of runs */
export function createEndOfStoppedResumption(db: Database, updateStatus: UpdateRunStatus): EndStoppedResumption {
  return (runId) =>
    inTransaction(db, async (transaction) => {
      const { status } = await holdRun(transaction, runId);
      if (status === 'stopping') await updateStatus(transaction, runId, { status: 'stopped', reason: REASON });
    });
}
