import { type Kysely, sql } from 'kysely';
import type { Schema } from '../generated/schema.gen.ts';
import { now } from '../instants.ts';

/** A step that a database has begun; `finished` is null while it runs, and after it was interrupted. */
export interface MigrationRecord {
  readonly name: string;
  readonly finished: string | null;
}

/** Makes the table in which steps are recorded, where it is missing. */
export async function createMigrationTable(connection: Kysely<Schema>): Promise<void> {
  await sql`create table if not exists ws_migration (
    name varchar(191) not null,
    started datetime not null,
    finished datetime null,
    primary key (name)
  ) engine = InnoDB`.execute(connection);
}

/** The steps begun so far; the table must be there. */
export async function readMigrationRecords(connection: Kysely<Schema>): Promise<readonly MigrationRecord[]> {
  const { rows } = await sql<MigrationRecord>`select name, finished from ws_migration`.execute(connection);
  return rows;
}

/** Notes that a step begins. */
export async function recordStart(connection: Kysely<Schema>, name: string): Promise<void> {
  await sql`insert into ws_migration (name, started) values (${name}, ${now()})
    on duplicate key update started = ${now()}`.execute(connection);
}

/** Notes that a step is done. */
export async function recordEnd(connection: Kysely<Schema>, name: string): Promise<void> {
  await sql`update ws_migration set finished = ${now()} where name = ${name}`.execute(connection);
}
