import type { Transaction } from '../../database/database.ts';
import { noSuch } from '../../listing/lister.ts';

/**
 * Deletes a run with its steps, logs, outputs and wait conditions, which the foreign keys take along, and with its
 * curated visualizations, which no foreign key ties to it. Tags and metadata keep their links, as in the reference.
 * @throws ApiError KeyError 404
 */
export async function deleteRun(transaction: Transaction, runId: string): Promise<void> {
  const { numDeletedRows } = await transaction.deleteFrom('pipeline_run').where('id', '=', runId).executeTakeFirst();
  if (numDeletedRows === 0n) throw noSuch('pipeline run', runId);
  await transaction
    .deleteFrom('curated_visualization')
    .where('resource_id', '=', runId)
    .where('resource_type', '=', 'pipeline_run')
    .execute();
}
