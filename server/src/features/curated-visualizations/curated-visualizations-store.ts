import type { Insertable, Selectable } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { ArtifactVisualizationTable, CuratedVisualizationTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import type { VisualizedResourceType } from './curated-visualizations-read-model.ts';

/** The columns of a curated visualization that a client sets. */
export type CuratedValues = Omit<Insertable<CuratedVisualizationTable>, 'id' | 'created' | 'updated'>;

/** What visualizations are curated for; ids in database form. */
export interface CuratedResource {
  readonly type: VisualizedResourceType;
  readonly id: string;
}

/**
 * Finds the project of a resource and holds the resource: the display orders of its visualizations are unique, which no
 * key enforces.
 */
export async function lockResource(
  transaction: Transaction,
  { type, id }: CuratedResource,
): Promise<string | undefined> {
  if (type === 'project') {
    const project = transaction.selectFrom('project').select('id').where('id', '=', id);
    return (await project.forUpdate().executeTakeFirst())?.id;
  }
  const row = await transaction
    .selectFrom(type)
    .select('project_id')
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  return row?.project_id;
}

/** Finds a visualization of an artifact version, and that version's project. */
export function findArtifactVisualization(
  connection: Connection,
  id: string,
): Promise<(Selectable<ArtifactVisualizationTable> & { project_id: string }) | undefined> {
  return connection
    .selectFrom('artifact_visualization')
    .innerJoin('artifact_version', 'artifact_version.id', 'artifact_visualization.artifact_version_id')
    .selectAll('artifact_visualization')
    .select('artifact_version.project_id')
    .where('artifact_visualization.id', '=', id)
    .executeTakeFirst();
}

/** Whether another visualization of a resource has a display order. */
export async function isOrderTaken(
  connection: Connection,
  { type, id }: CuratedResource,
  order: number,
  except = '',
): Promise<boolean> {
  const row = await connection
    .selectFrom('curated_visualization')
    .select('id')
    .where('resource_id', '=', id)
    .where('resource_type', '=', type)
    .where('display_order', '=', order)
    .where('id', '!=', except)
    .executeTakeFirst();
  return row !== undefined;
}

/** Inserts a curated visualization. @returns its database id, or `undefined` where the resource has it already. */
export async function insertCurated(transaction: Transaction, values: CuratedValues): Promise<string | undefined> {
  const id = newId();
  const created = now();
  try {
    await transaction
      .insertInto('curated_visualization')
      .values({ id, created, updated: created, ...values })
      .execute();
  } catch (error) {
    if (isDuplicateKey(error)) return undefined;
    throw error;
  }
  return id;
}

/** Changes what is given of a curated visualization. */
export async function updateCurated(
  transaction: Transaction,
  id: string,
  values: Partial<Pick<CuratedValues, 'display_name' | 'display_order' | 'layout_size'>>,
): Promise<void> {
  const changes = { ...values, updated: now() };
  await transaction.updateTable('curated_visualization').set(changes).where('id', '=', id).execute();
}

/** Deletes a curated visualization. @returns whether there was one. */
export async function deleteCurated(transaction: Transaction, id: string): Promise<boolean> {
  const { numDeletedRows } = await transaction
    .deleteFrom('curated_visualization')
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
