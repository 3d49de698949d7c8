import { type Insertable, type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection, Transaction } from '../../database/database.ts';
import type { ArtifactVersionTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';

/** The columns of an artifact version that a write sets. */
export type ArtifactVersionValues = Omit<Insertable<ArtifactVersionTable>, 'id' | 'created' | 'updated'>;

/** The number of an artifact's next version, for a writer who holds the artifact. */
export async function nextVersionNumber(transaction: Transaction, artifactId: string): Promise<number> {
  const row = await transaction
    .selectFrom('artifact_version')
    .select((version) => version.fn.max('version_number').as('latest'))
    .where('artifact_id', '=', artifactId)
    .executeTakeFirst();
  return (row?.latest ?? 0) + 1;
}

/** Inserts an artifact version and returns its database id, or `undefined` where the artifact has this version. */
export async function insertArtifactVersion(
  transaction: Transaction,
  values: ArtifactVersionValues,
): Promise<string | undefined> {
  const id = newId();
  const created = now();
  try {
    await transaction
      .insertInto('artifact_version')
      .values({ id, created, updated: created, ...values })
      .execute();
  } catch (error) {
    if (isDuplicateKey(error)) return undefined;
    throw error;
  }
  return id;
}

/** Inserts the records of an artifact version's visualizations. */
export async function insertVisualizations(
  transaction: Transaction,
  versionId: string,
  visualizations: readonly Model<'ArtifactVisualizationRequest'>[],
): Promise<void> {
  if (visualizations.length === 0) return;
  const created = now();
  const rows = visualizations.map(({ type, uri }) => ({
    id: newId(),
    created,
    updated: created,
    type,
    uri,
    artifact_version_id: versionId,
  }));
  await transaction.insertInto('artifact_visualization').values(rows).execute();
}

/** Marks an artifact version as changed now. @returns whether it exists. */
export async function touchArtifactVersion(transaction: Transaction, id: string): Promise<boolean> {
  const result = await transaction
    .updateTable('artifact_version')
    .set({ updated: now() })
    .where('id', '=', id)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** What uses artifact versions, by table and column. */
const USERS = {
  step_run_output_artifact: 'artifact_id',
  step_run_input_artifact: 'artifact_id',
  pipeline_run_output: 'artifact_id',
  hook_invocation_output_artifact: 'artifact_version_id',
} as const;

/** The condition that no row of some tables uses the artifact version in hand. */
export function unusedIn(listed: string, tables: readonly (keyof typeof USERS)[]) {
  const conditions = tables.map(
    (table) => sql`not exists (select 1 from ${sql.table(table)} where ${sql.ref(`${table}.${USERS[table]}`)} =
      ${sql.ref(`${listed}.id`)})`,
  );
  return sql<SqlBool>`(${sql.join(conditions, sql` and `)})`;
}

/** Whether no step takes or gives an artifact version; `undefined` where it does not exist. */
export async function isUnusedBySteps(connection: Connection, id: string): Promise<boolean | undefined> {
  const row = await connection
    .selectFrom('artifact_version')
    .select(unusedIn('artifact_version', ['step_run_output_artifact', 'step_run_input_artifact']).as('unused'))
    .where('id', '=', id)
    .executeTakeFirst();
  return row && Boolean(row.unused);
}

/** The database ids of a project's artifact versions that nothing uses. */
export async function findUnused(connection: Connection, projectId: string): Promise<string[]> {
  const tables = Object.keys(USERS) as (keyof typeof USERS)[];
  const rows = await connection
    .selectFrom('artifact_version')
    .select('id')
    .where('project_id', '=', projectId)
    .where(unusedIn('artifact_version', tables))
    .execute();
  return rows.map((row) => row.id);
}

/** The database ids of an artifact's versions. */
export async function findVersionsOf(connection: Connection, artifactId: string): Promise<string[]> {
  const query = connection.selectFrom('artifact_version').select('id').where('artifact_id', '=', artifactId);
  return (await query.execute()).map((row) => row.id);
}

/** Artifact versions deleted by one statement. */
const BATCH = 1000;

/**
 * Deletes artifact versions with what hangs on them: by foreign keys their visualizations and links, and, without one,
 * their tags and metadata (its entries stay, as in the reference).
 */
export async function deleteArtifactVersions(transaction: Transaction, ids: readonly string[]): Promise<void> {
  for (let start = 0; start < ids.length; start += BATCH) {
    const batch = ids.slice(start, start + BATCH);
    await transaction.deleteFrom('artifact_version').where('id', 'in', batch).execute();
    for (const table of ['tag_resource', 'run_metadata_resource'] as const) {
      await transaction
        .deleteFrom(table)
        .where('resource_id', 'in', batch)
        .where('resource_type', '=', 'artifact_version')
        .execute();
    }
  }
}
