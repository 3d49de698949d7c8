import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';
import type { Schema } from '../generated/schema.gen.ts';
import { withStartupLock } from '../startup-lock.ts';
import {
  createMigrationTable,
  type MigrationRecord,
  readMigrationRecords,
  recordEnd,
  recordStart,
} from './migration-record.ts';
import { type Migration, ownMigrations } from './migrations.ts';
import { BASELINE, inspectDatabase, type Origin } from './origin.ts';
import { migrationsDisabled } from './refusal.ts';
import { readSchemaStatements, ZENML_REVISION } from './zenml-schema.ts';

/** What a start found and did. */
export interface MigrationReport {
  readonly origin: Origin;
  /** Names of the steps taken now. */
  readonly applied: readonly string[];
}

/** How a start may treat the database. */
export interface MigrationOptions {
  /** Told while another replica is at work. */
  readonly onWait?: () => void;
  /** Whether a database that lacks something is refused (`DISABLE_DATABASE_MIGRATION`). */
  readonly disabled?: boolean;
}

/**
 * Brings a database to the tables that this server needs: an empty one is filled, the reference's at revision 0.98.0 is
 * adopted. Of several replicas that start at once one works and the others wait.
 * @throws {DatabaseRefused} for any other database, which is left as it was.
 */
export async function migrateDatabase(db: Database, options: MigrationOptions = {}): Promise<MigrationReport> {
  const work = options.disabled ? verify : migrate;
  return withStartupLock(db, work, options.onWait);
}

/** Changes nothing. */
async function verify(connection: Kysely<Schema>): Promise<MigrationReport> {
  const origin = await inspectDatabase(connection);
  if (origin === 'empty') throw migrationsDisabled(["ZenML's tables"]);
  const records = origin === 'ours' ? await readMigrationRecords(connection) : [];
  const pending = pendingMigrations(ownMigrations(), records);
  if (pending.length > 0) throw migrationsDisabled(pending.map(({ name }) => name));
  return { origin, applied: [] };
}

async function migrate(connection: Kysely<Schema>): Promise<MigrationReport> {
  const origin = await inspectDatabase(connection);
  if (origin === 'empty') await ensureUtf8(connection);
  await createMigrationTable(connection);
  if (origin === 'reference') {
    await recordStart(connection, BASELINE);
    await recordEnd(connection, BASELINE);
  }
  const pending = pendingMigrations([baseline, ...ownMigrations()], await readMigrationRecords(connection));
  await applyAll(connection, pending);
  return { origin, applied: pending.map(({ name }) => name) };
}

function pendingMigrations(all: readonly Migration[], records: readonly MigrationRecord[]): Migration[] {
  const finished = new Set(records.filter((record) => record.finished !== null).map(({ name }) => name));
  return all.filter(({ name }) => !finished.has(name));
}

async function applyAll(connection: Kysely<Schema>, migrations: readonly Migration[]): Promise<void> {
  for (const migration of migrations) {
    await recordStart(connection, migration.name);
    await migration.run(connection);
    await recordEnd(connection, migration.name);
  }
}

/** ZenML's tables. The revision comes last: it says that everything before it is there. */
const baseline: Migration = {
  name: BASELINE,
  async run(connection) {
    await sql`set session foreign_key_checks = 0`.execute(connection);
    try {
      for (const statement of readSchemaStatements()) await sql.raw(statement).execute(connection);
    } finally {
      await sql`set session foreign_key_checks = 1`.execute(connection);
    }
    await connection.insertInto('alembic_version').values({ version_num: ZENML_REVISION }).execute();
  },
};

/** The reference's tables take the character set of their database; only utf8mb4 holds every text. */
async function ensureUtf8(connection: Kysely<Schema>): Promise<void> {
  const { rows } = await sql<{ charset: string; db: string }>`select @@character_set_database as charset,
    database() as db`.execute(connection);
  const [found] = rows;
  if (found === undefined || found.charset === 'utf8mb4') return;
  await sql`alter database ${sql.id(found.db)} character set utf8mb4 collate utf8mb4_unicode_ci`.execute(connection);
}
