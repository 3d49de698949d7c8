import { type Kysely, sql } from 'kysely';
import type { Schema } from '../generated/schema.gen.ts';
import { EXTRA_INDEXES, type ExtraIndex } from './extra-indexes.ts';

/**
 * One step that a database takes once. MySQL commits each DDL statement by itself, so a step may be interrupted in the
 * middle and run again: every statement in it must bear that.
 */
export interface Migration {
  /** Recorded in `ws_migration`; never changes once released. */
  readonly name: string;
  run(connection: Kysely<Schema>): Promise<void>;
}

/** Tables of our own, oldest first. Character set and collation are the database's, as those of the ids they refer to. */
const OWN_TABLES: readonly Migration[] = [];

/** All of our own steps, in their order. ZenML's tables are there before. */
export function ownMigrations(): Migration[] {
  return [...OWN_TABLES, ...EXTRA_INDEXES.map(addIndex)];
}

function addIndex({ table, name, columns }: ExtraIndex): Migration {
  return {
    name: `index ${name}`,
    async run(connection) {
      const { rows } = await sql`select 1 from information_schema.statistics
        where table_schema = database() and table_name = ${table} and index_name = ${name} limit 1`.execute(connection);
      if (rows.length > 0) return;
      const list = sql.join(columns.map((column) => sql.ref(column)));
      await sql`${UNLIMITED} create index ${sql.ref(name)} on ${sql.table(table)} (${list})`.execute(connection);
    },
  };
}

/** An index on a large table takes longer than MariaDB lets a statement of a request run; MySQL limits only reads. */
const UNLIMITED = sql.raw('/*M!100100 set statement max_statement_time = 0 for */');
