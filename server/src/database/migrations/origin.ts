import { type Kysely, sql } from 'kysely';
import type { Schema } from '../generated/schema.gen.ts';
import { readMigrationRecords } from './migration-record.ts';
import { foreignDatabase, incompleteSchema, wrongRevision } from './refusal.ts';
import { readSchemaColumns, ZENML_REVISION } from './zenml-schema.ts';

/** The step that makes ZenML's own tables. */
export const BASELINE = `zenml ${ZENML_REVISION}`;

/**
 * What a start finds. `empty`: nothing, or what an interrupted first start left; `reference`: ZenML's tables, never used
 * by us; `ours`: ZenML's tables and our record.
 */
export type Origin = 'empty' | 'reference' | 'ours';

/**
 * Finds out what a database is; changes nothing.
 * @throws {DatabaseRefused} where it is not ours to use.
 */
export async function inspectDatabase(connection: Kysely<Schema>): Promise<Origin> {
  const { database, tables } = await readTables(connection);
  const records = tables.has('ws_migration') ? await readMigrationRecords(connection) : [];
  const baseline = records.find(({ name }) => name === BASELINE);
  const finished = baseline !== undefined && baseline.finished !== null;

  const revisions = tables.has('alembic_version')
    ? (await connection.selectFrom('alembic_version').select('version_num').execute()).map((row) => row.version_num)
    : [];
  const otherRevision = revisions.find((revision) => revision !== ZENML_REVISION);
  if (otherRevision !== undefined) throw wrongRevision(database, otherRevision);
  if (revisions.length > 0 && finished) return 'ours';
  if (revisions.length > 0) {
    const missing = await missingColumns(connection);
    if (missing.length > 0) throw incompleteSchema(database, missing);
    return 'reference';
  }
  const applicationTables = [...tables].filter((name) => name !== 'alembic_version' && name !== 'ws_migration');
  const interrupted = baseline !== undefined && !finished;
  if (applicationTables.length > 0 && !interrupted) throw foreignDatabase(database, applicationTables);
  return 'empty';
}

async function readTables(connection: Kysely<Schema>): Promise<{ database: string; tables: Set<string> }> {
  const { rows } = await sql<{ db: string; name: string | null }>`select database() as db, t.table_name as name
    from (select 1) as one
    left join information_schema.tables as t on t.table_schema = database()`.execute(connection);
  const tables = new Set(rows.flatMap(({ name }) => (name === null ? [] : [name])));
  return { database: rows[0]?.db ?? '', tables };
}

async function missingColumns(connection: Kysely<Schema>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select concat(table_name, '.', column_name) as name
    from information_schema.columns where table_schema = database()`.execute(connection);
  const present = new Set(rows.map(({ name }) => name));
  return [...readSchemaColumns()].filter((name) => !present.has(name));
}
