import type { Transaction } from '../../database/database.ts';
import { noSuch } from '../../listing/lister.ts';
import { lockRun, type RunStatusRow } from './run-status-store.ts';

/**
 * Holds a run for a feature whose rows belong to it: runs are locked before what belongs to them.
 * @param runId database id.
 * @throws ApiError KeyError 404
 */
export async function holdRun(transaction: Transaction, runId: string): Promise<RunStatusRow> {
  const run = await lockRun(transaction, runId);
  if (!run) throw noSuch('pipeline run', runId);
  return run;
}
