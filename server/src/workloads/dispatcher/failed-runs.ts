import { sql } from 'kysely';
import type { Transaction } from '../../database/database.ts';
import { holdRun } from '../../features/runs/run-access-service.ts';
import type { UpdateRunStatus } from '../../features/runs/run-status-updates.ts';
import { fitReason } from '../../features/runs/waiting-reason.ts';
import type { Launch } from '../launch.ts';

/**
 * Ends a run that a launch did not begin. One that its orchestrator has by now (`provisioning` and on), that has ended or was
 * launched again stays as it is.
 * @throws ApiError KeyError 404
 */
export type FailRun = (
  transaction: Transaction,
  launch: Pick<Launch, 'runId' | 'number'>,
  reason: string,
) => Promise<void>;

/** @param updateStatus changes the status of runs */
export function createFailRun(updateStatus: UpdateRunStatus): FailRun {
  return async (transaction, { runId, number }, reason) => {
    const { status } = await holdRun(transaction, runId);
    if (await isLaunchedAgain(transaction, runId, number)) return;
    if (status === 'initializing') {
      const text = fitReason(`Failed to start run: ${reason}`);
      await updateStatus(transaction, runId, { status: 'failed', reason: text });
    }
    // What it has done until it paused is kept: it can be resumed again.
    if (status === 'resuming') {
      const text = fitReason(`Waiting for manual resume. Failed to resume run: ${reason}`);
      await updateStatus(transaction, runId, { status: 'paused', reason: text });
    }
  };
}

async function isLaunchedAgain(transaction: Transaction, runId: string, number: number): Promise<boolean> {
  const { rows } = await sql`select 1 from ws_launch where run_id = ${runId} and number > ${number} limit 1`.execute(
    transaction,
  );
  return rows.length > 0;
}
