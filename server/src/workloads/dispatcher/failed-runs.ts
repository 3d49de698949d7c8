import type { Logger } from 'pino';
import type { Database, Transaction } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { inTransaction } from '../../database/transaction.ts';
import { ApiError } from '../../errors.ts';
import { holdRun } from '../../features/runs/run-access-service.ts';
import type { UpdateRunStatus } from '../../features/runs/run-status-updates.ts';
import type { WorkloadManager, WorkloadStatus } from '../manager.ts';

/** Ends a run (database id) whose runner did not start it. A run that goes on, or has ended, stays as it is. */
export type FailRun = (transaction: Transaction, runId: string, reason: string) => Promise<void>;

/** @param updateStatus changes the status of runs */
export function createFailRun(updateStatus: UpdateRunStatus): FailRun {
  return async (transaction, runId, reason) => {
    const { status } = await holdRun(transaction, runId);
    if (status === 'initializing' || status === 'provisioning') {
      await updateStatus(transaction, runId, { status: 'failed', reason: `Failed to start run: ${reason}` });
    }
    // What it has done until it paused is kept: it can be resumed again.
    if (status === 'resuming') {
      await updateStatus(transaction, runId, {
        status: 'paused',
        reason: `Waiting for manual resume. Failed to resume run: ${reason}`,
      });
    }
  };
}

/**
 * Fails the runs whose runner failed: now, and those that failed while no server was there.
 * @returns what ends it
 */
export async function watchRunners(
  db: Database,
  manager: WorkloadManager,
  failRun: FailRun,
  log: Logger,
): Promise<() => void> {
  const judge = async ({ phase, runId, reason }: WorkloadStatus) => {
    if (phase !== 'failed') return;
    try {
      await inTransaction(db, (transaction) =>
        failRun(transaction, toDatabaseId(runId), reason ?? 'its runner failed'),
      );
    } catch (error) {
      // Deleted together with its runner's record.
      if (!(error instanceof ApiError && error.name === 'KeyError')) {
        log.warn({ err: error, run: runId }, 'the end of a runner was not noted');
      }
    }
  };
  // What cannot be listed yet is told of when it is seen for the first time.
  const end = manager.onChange((status) => void judge(status));
  const known = await manager.list().catch(() => []);
  for (const status of known) await judge(status);
  return end;
}
