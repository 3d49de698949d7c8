import type { Transaction } from '../../database/database.ts';
import { noSuch } from '../../listing/lister.ts';
import { deleteRunLinks } from './run-links.ts';

/**
 * Deletes a run with all that hangs on it. Foreign keys take its steps, logs, outputs and wait conditions along.
 * @throws ApiError KeyError 404
 */
export async function deleteRun(transaction: Transaction, runId: string): Promise<void> {
  await transaction.selectFrom('pipeline_run').select('id').where('id', '=', runId).forUpdate().execute();
  await deleteRunLinks(transaction, 'id', [runId]);
  const { numDeletedRows } = await transaction.deleteFrom('pipeline_run').where('id', '=', runId).executeTakeFirst();
  if (numDeletedRows === 0n) throw noSuch('pipeline run', runId);
}
