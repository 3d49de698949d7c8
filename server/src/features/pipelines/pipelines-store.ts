import type { Transaction } from '../../database/database.ts';
import { fromDatabaseId, newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';

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
  await deleteLinksOfParts(transaction, id);
  await transaction.deleteFrom('pipeline_snapshot').where('pipeline_id', '=', id).execute();
  await transaction
    .deleteFrom('curated_visualization')
    .where('resource_id', '=', id)
    .where('resource_type', '=', 'pipeline')
    .execute();
  await transaction
    .deleteFrom('tag_resource')
    .where('resource_id', '=', id)
    .where('resource_type', '=', 'pipeline')
    .execute();
  const { numDeletedRows } = await transaction.deleteFrom('pipeline').where('id', '=', id).executeTakeFirst();
  if (numDeletedRows === 0n) throw noSuch('pipeline', id);
}

/** Tags and metadata hang on ids without a foreign key, so that no cascade of the database reaches them. */
async function deleteLinksOfParts(transaction: Transaction, id: string): Promise<void> {
  const runs = transaction.selectFrom('pipeline_run').select('pipeline_run.id').where('pipeline_id', '=', id);
  const snapshots = transaction.selectFrom('pipeline_snapshot').select('id').where('pipeline_id', '=', id);
  const steps = transaction
    .selectFrom('step_run')
    .innerJoin('pipeline_run', 'pipeline_run.id', 'step_run.pipeline_run_id')
    .select('step_run.id')
    .where('pipeline_run.pipeline_id', '=', id);
  const links = [
    ['tag_resource', 'pipeline_run', runs],
    ['tag_resource', 'pipeline_snapshot', snapshots],
    ['run_metadata_resource', 'pipeline_run', runs],
    ['run_metadata_resource', 'step_run', steps],
  ] as const;
  for (const [table, type, ids] of links) {
    await transaction.deleteFrom(table).where('resource_type', '=', type).where('resource_id', 'in', ids).execute();
  }
}
