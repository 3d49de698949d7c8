import type { Transaction } from '../../database/database.ts';
import { holdRun } from '../../features/runs/run-access-service.ts';
import type { UpdateRunStatus } from '../../features/runs/run-status-updates.ts';
import { fitReason } from '../../features/runs/waiting-reason.ts';
import type { Launch } from '../launch.ts';
import type { LastSeen } from '../manager.ts';
import { withLastSeen } from './last-seen-reason.ts';
import { noteLaunchEnd } from './launch-end-store.ts';
import { isLaunchedAgain } from './launch-store.ts';

/**
 * Ends a run that a launch did not begin. One that its orchestrator has by now (`provisioning` and on), that has ended or was
 * launched again stays as it is. What the status reason has no room for is noted for the log. One that is to stop and was not
 * resumed has stopped: it had paused, so that no process of it is there to see that it is to stop.
 * @param lastSeen what was seen last of the launch's workload
 * @returns whether it has ended the run
 * @throws ApiError KeyError 404
 */
export type FailRun = (
  transaction: Transaction,
  launch: Pick<Launch, 'runId' | 'number' | 'kind'>,
  reason: string,
  lastSeen?: LastSeen,
) => Promise<boolean>;

/** @param updateStatus changes the status of runs */
export function createFailRun(updateStatus: UpdateRunStatus): FailRun {
  return async (transaction, launch, reason, lastSeen) => {
    const { runId, kind } = launch;
    const { status } = await holdRun(transaction, runId);
    const isStopping = status === 'stopping' && kind === 'resume';
    if (status !== 'initializing' && status !== 'resuming' && !isStopping) return false;
    if (await isLaunchedAgain(transaction, launch)) return false;
    if (isStopping) {
      await updateStatus(transaction, runId, { status: 'stopped', reason: NOT_RESUMED });
      return true;
    }
    const told = lastSeen === undefined ? reason : withLastSeen(reason, lastSeen);
    await noteLaunchEnd(transaction, launch, reason, lastSeen);
    if (status === 'initializing') {
      const text = fitReason(`Failed to start run: ${told}`);
      await updateStatus(transaction, runId, { status: 'failed', reason: text });
    } else {
      // What it has done until it paused is kept: it can be resumed again.
      const text = fitReason(`Waiting for manual resume. Failed to resume run: ${told}`);
      await updateStatus(transaction, runId, { status: 'paused', reason: text });
    }
    return true;
  };
}

const NOT_RESUMED = 'Stopped before it was resumed.';
