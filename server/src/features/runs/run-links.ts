import type { Transaction } from '../../database/database.ts';

/** By what runs are chosen. */
type RunColumn = 'id' | 'snapshot_id' | 'pipeline_id';

/**
 * Deletes what hangs on runs, their steps and their wait conditions by ids without a foreign key, so that no cascade of
 * the database reaches it: tags, metadata (its entries stay, as in the reference) and curated visualizations.
 */
export async function deleteRunLinks(
  transaction: Transaction,
  column: RunColumn,
  values: readonly string[],
): Promise<void> {
  const runs = transaction.selectFrom('pipeline_run').select('id').where(column, 'in', values);
  const steps = transaction.selectFrom('step_run').select('id').where('pipeline_run_id', 'in', runs);
  const conditions = transaction.selectFrom('run_wait_condition').select('id').where('run_id', 'in', runs);
  const links = [
    ['tag_resource', 'pipeline_run', runs],
    ['curated_visualization', 'pipeline_run', runs],
    ['run_metadata_resource', 'pipeline_run', runs],
    ['run_metadata_resource', 'step_run', steps],
    ['run_metadata_resource', 'wait_condition', conditions],
  ] as const;
  for (const [table, type, ids] of links) {
    await transaction.deleteFrom(table).where('resource_type', '=', type).where('resource_id', 'in', ids).execute();
  }
}
