import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Schema } from '../database/generated/schema.gen.ts';
import { now } from '../database/instants.ts';

interface Column {
  table: string;
  name: string;
  type: string;
  /** Whether it alone tells rows apart in a unique key: the key has no ids but those of projects and users. */
  telling: number;
}

/** What copies have in common with the rows that they were made of. */
export interface Multiplication {
  readonly copies: number;
  /** The number of the first copy, where others were made before. */
  readonly first?: number;
  /** Database ids that stay: rows that copies belong to as the first ones do. */
  readonly kept: readonly string[];
  /** The table of which rows are copied, and which of them; all rows of ZenML's tables, where it is left out. */
  readonly only?: Selection;
}

/** Rows that refer to one, and the columns by which their copies, which refer to it too, must differ. */
export interface Selection {
  readonly table: string;
  readonly column: string;
  readonly value: string;
  readonly changed: readonly string[];
}

const NOT_COPIED = ['alembic_version', 'server_settings'];

/**
 * Copies rows with all that belongs to them: in the n-th copy of every table each id is another one, the same for the
 * same id and n, so that the n-th copy of a run has the n-th copies of its steps, tags and whatever else. Copies were
 * created before what they were made of; that was all created at once, however long the test took to make it. As many as
 * this, the optimizer decides as it would in a database that was used.
 */
export async function multiply(db: Database, multiplication: Multiplication): Promise<void> {
  const columns = await readColumns(db);
  const { only } = multiplication;
  const created = now();
  const tables = only ? [only.table] : [...new Set(columns.map(({ table }) => table))];
  const copied = tables.filter((table) => !table.startsWith('ws_') && !NOT_COPIED.includes(table));
  await db.connection().execute(async (connection) => {
    await sql`set session foreign_key_checks = 0`.execute(connection);
    try {
      for (const table of copied) {
        const ofTable = columns.filter((column) => column.table === table);
        if (!only && ofTable.some(({ name }) => name === 'created')) {
          await sql`update ${sql.table(table)} set created = ${created}`.execute(connection);
        }
        await copyRows(connection, table, ofTable, multiplication);
      }
    } finally {
      await sql`set session foreign_key_checks = 1`.execute(connection);
    }
  });
}

async function copyRows(
  connection: Kysely<Schema>,
  table: string,
  columns: readonly Column[],
  { copies, first = 1, kept, only }: Multiplication,
): Promise<void> {
  const values = columns.map((column) => (only ? valueOfSibling(column, only) : valueOfCopy(column, kept)));
  const chosen = only ? sql`where ${sql.ref(only.column)} = ${only.value}` : sql``;
  await sql`insert into ${sql.table(table)} (${sql.join(columns.map(({ name }) => sql.ref(name)))})
    with recursive digits as (select 0 as d union all select d + 1 from digits where d < 63),
    numbers as (select high.d * 64 + low.d + 1 as n from digits as high join digits as low)
    select ${sql.join(values)} from (select * from ${sql.table(table)} ${chosen}) as copied join numbers
    where n between ${first} and ${first + copies - 1}`.execute(connection);
  await sql`analyze table ${sql.table(table)}`.execute(connection);
}

function valueOfCopy({ name, type, telling }: Column, kept: readonly string[]) {
  const column = sql.ref(`copied.${name}`);
  if (name === 'id') return newIdOf(column);
  if (type === 'char(32)') return sql`if(${column} in (${sql.join(kept)}), ${column}, ${newIdOf(column)})`;
  if (name === 'created') return sql`date_sub(${column}, interval n second)`;
  return telling ? sql`concat(${column}, n)` : column;
}

/** Of a copy that belongs to the same rows as the first one. */
function valueOfSibling({ name, type }: Column, { changed }: Selection) {
  const column = sql.ref(`copied.${name}`);
  if (name === 'created') return sql`date_sub(${column}, interval n second)`;
  if (name !== 'id' && !changed.includes(name)) return column;
  if (type === 'char(32)') return newIdOf(column);
  return type.startsWith('int') ? sql`${column} + n` : sql`concat(${column}, n)`;
}

/** MySQL 9 has no MD5 any more. */
function newIdOf(column: RawBuilder<unknown>) {
  return sql`left(sha2(concat(${column}, n), 256), 32)`;
}

async function readColumns(db: Database): Promise<Column[]> {
  const { rows } = await sql<Column>`select table_name as \`table\`, column_name as name, column_type as type,
    column_name = 'name' and exists (select 1 from information_schema.statistics as own
      where own.table_schema = database() and own.table_name = listed.table_name
      and own.column_name = listed.column_name and own.non_unique = 0
      and not exists (select 1 from information_schema.statistics as other join information_schema.columns as id
        on id.table_schema = database() and id.table_name = other.table_name and id.column_name = other.column_name
        where other.table_schema = database() and other.table_name = own.table_name
        and other.index_name = own.index_name and id.column_type = 'char(32)'
        and id.column_name not in ('project_id', 'user_id'))) as telling
    from information_schema.columns as listed where table_schema = database()
    order by table_name, ordinal_position`.execute(db);
  return rows;
}
