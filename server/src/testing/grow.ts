import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Schema } from '../database/generated/schema.gen.ts';

/**
 * Adds 4,096 copies of each row of a table: enough that the optimizer decides as it would in a database that was used.
 * @param changed expressions for the columns that must differ; `n` is the number of the copy, from 1.
 */
export async function grow(
  db: Database,
  table: keyof Schema,
  changed: Readonly<Record<string, string>>,
): Promise<void> {
  const { rows } = await sql<{ name: string }>`select column_name as name from information_schema.columns
    where table_schema = database() and table_name = ${table}`.execute(db);
  const names = rows.map((row) => row.name);
  const values = names.map((name) => sql.raw(changed[name] ?? `copied.\`${name}\``));
  await sql`insert into ${sql.table(table)} (${sql.join(names.map((name) => sql.ref(name)))})
    with recursive digits as (select 0 as d union all select d + 1 from digits where d < 63),
    numbers as (select high.d * 64 + low.d + 1 as n from digits as high join digits as low)
    select ${sql.join(values)} from (select * from ${sql.table(table)}) as copied join numbers`.execute(db);
  await sql`analyze table ${sql.table(table)}`.execute(db);
}
