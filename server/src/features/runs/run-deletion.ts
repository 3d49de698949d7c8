import type { Transaction } from '../../database/database.ts';
import { noSuch } from '../../listing/lister.ts';

/**
 * Deletes a run. Foreign keys take its steps, logs, outputs and wait conditions along; what hangs on it, its steps and
 * its wait conditions without one is deleted here: tags, metadata (its entries stay, as in the reference) and curated
 * visualizations.
 * @throws ApiError KeyError 404
 */
export async function deleteRun(transaction: Transaction, runId: string): Promise<void> {
  await transaction.selectFrom('pipeline_run').select('id').where('id', '=', runId).forUpdate().execute();
  const parts = await transaction
    .selectFrom('step_run')
    .select('id')
    .where('pipeline_run_id', '=', runId)
    .unionAll(transaction.selectFrom('run_wait_condition').select('id').where('run_id', '=', runId))
    .execute();
  const { numDeletedRows } = await transaction.deleteFrom('pipeline_run').where('id', '=', runId).executeTakeFirst();
  if (numDeletedRows === 0n) throw noSuch('pipeline run', runId);
  const ids = [runId, ...parts.map((part) => part.id)];
  await transaction
    .deleteFrom('run_metadata_resource')
    .where('resource_id', 'in', ids)
    .where('resource_type', 'in', ['pipeline_run', 'step_run', 'wait_condition'])
    .execute();
  for (const table of ['tag_resource', 'curated_visualization'] as const) {
    await transaction
      .deleteFrom(table)
      .where('resource_id', '=', runId)
      .where('resource_type', '=', 'pipeline_run')
      .execute();
  }
}
