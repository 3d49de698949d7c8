import type { Transaction } from '../../database/database.ts';
import { ApiError } from '../../errors.ts';
import { holdRun } from '../runs/run-access-service.ts';
import type { RunsService } from '../runs/runs-service.ts';
import { checkRunnable } from './run-checks.ts';
import { hasRunnerLogs, loadRunSource } from './run-source-read-model.ts';
import type { EnqueueLaunch } from './snapshot-runs-service.ts';

/**
 * Lets a paused run go on: its runner is launched again. A run that the server cannot run waits for a user to resume it.
 * @param runId database id.
 * @param userId whose token the runner gets; database id.
 */
export type ResumeRun = (transaction: Transaction, runId: string, userId: string) => Promise<void>;

/** What a run says of itself where nothing starts it again but its user. */
export const WAITING_FOR_RESUME = { status: 'paused', reason: 'Waiting for manual resume.' } as const;
const RESUMING = { status: 'resuming', reason: 'Automatically resuming run from server.' } as const;

/** Without a workload manager no run is resumed by the server. @param enqueueLaunch left out without one */
export function createRunResumption(runs: RunsService, enqueueLaunch: EnqueueLaunch | undefined): ResumeRun {
  return async (transaction, runId, userId) => {
    const run = await holdRun(transaction, runId);
    const snapshotId = run.snapshot_id;
    const halted = run.status === 'paused' || run.status === 'failed';
    if (!enqueueLaunch || !halted || snapshotId === null || !(await canBeResumed(transaction, snapshotId))) {
      return runs.updateStatus(transaction, runId, WAITING_FOR_RESUME);
    }
    await runs.updateStatus(transaction, runId, RESUMING);
    if (!(await hasRunnerLogs(transaction, runId))) {
      await runs.update(transaction, runId, { add_logs: [{ source: 'runner' }] }, userId);
    }
    try {
      await enqueueLaunch(transaction, { runId, projectId: run.project_id, snapshotId, userId, kind: 'resume' });
    } catch (error) {
      if (!(error instanceof ApiError) || error.name !== 'MaxConcurrentTasksError') throw error;
      await runs.updateStatus(transaction, runId, WAITING_FOR_RESUME);
    }
  };
}

/** Runs of static pipelines cannot be resumed. */
async function canBeResumed(transaction: Transaction, snapshotId: string): Promise<boolean> {
  const source = await loadRunSource(transaction, snapshotId);
  if (!source?.isDynamic) return false;
  try {
    checkRunnable(source);
    return true;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}
