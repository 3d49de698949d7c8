import type { Transaction } from '../../database/database.ts';
import { fromDatabaseId, newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { deleteRunLinks } from '../runs/run-links.ts';

/** A new pipeline, ids in database form. */
export interface NewPipeline {
  name: string;
  description: string | null;
  project_id: string;
  user_id: string;
}

/**
 * Inserts a pipeline.
 * @returns its database id.
 * @throws ApiError EntityExistsError 409
 */
export async function insertPipeline(transaction: Transaction, pipeline: NewPipeline): Promise<string> {
  const id = newId();
  const created = now();
  try {
    await transaction
      .insertInto('pipeline')
      .values({ id, created, updated: created, run_count: 0, ...pipeline })
      .execute();
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw entityExists(
      `Unable to create pipeline in project '${fromDatabaseId(pipeline.project_id)}': ` +
        `A pipeline with the name ${pipeline.name} already exists.`,
    );
  }
  return id;
}

/** Sets a pipeline's description. @throws ApiError KeyError 404 */
export async function updatePipeline(transaction: Transaction, id: string, description: string | null): Promise<void> {
  const { numUpdatedRows } = await transaction
    .updateTable('pipeline')
    .set({ description, updated: now() })
    .where('id', '=', id)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw noSuch('pipeline', id);
}

/**
 * Deletes a pipeline with its snapshots, runs and curated visualizations. Its schedules and builds stay, without it.
 * @throws ApiError KeyError 404
 */
export async function deletePipeline(transaction: Transaction, id: string): Promise<void> {
  for (const table of ['schedule', 'pipeline_build'] as const) {
    await transaction.updateTable(table).set({ pipeline_id: null }).where('pipeline_id', '=', id).execute();
  }
  await deleteRunLinks(transaction, 'pipeline_id', [id]);
  const snapshots = transaction.selectFrom('pipeline_snapshot').select('id').where('pipeline_id', '=', id);
  for (const table of ['tag_resource', 'curated_visualization'] as const) {
    const links = transaction.deleteFrom(table);
    await links.where('resource_type', '=', 'pipeline_snapshot').where('resource_id', 'in', snapshots).execute();
    await links.where('resource_type', '=', 'pipeline').where('resource_id', '=', id).execute();
  }
  await transaction.deleteFrom('pipeline_snapshot').where('pipeline_id', '=', id).execute();
  const { numDeletedRows } = await transaction.deleteFrom('pipeline').where('id', '=', id).executeTakeFirst();
  if (numDeletedRows === 0n) throw noSuch('pipeline', id);
}
