import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import {
  createDatabase,
  type Database,
  type DatabaseConfig,
  type DatabaseHandle,
  type Statement,
} from '../database.ts';
import { migrateDatabase } from '../migrations/migrate.ts';

/** A database of one test file. */
export interface TestDatabase {
  readonly db: Database;
  readonly handle: DatabaseHandle;
  readonly name: string;
  /** `mysql://user:password@host:port/name` */
  readonly url: string;
  readonly config: DatabaseConfig;
  /** The statements since the last call, in their order. */
  takeStatements(): Statement[];
  /** Closes the pool and removes the database. */
  drop(): Promise<void>;
}

/** The server of the tests, from `ZENML_TEST_DATABASE_URL`; jest's global set-up has started one where it was not given. */
export function testDatabaseServer(): Omit<DatabaseConfig, 'database'> {
  const url = process.env.ZENML_TEST_DATABASE_URL;
  if (!url) throw new Error('Set ZENML_TEST_DATABASE_URL, e.g. mysql://user:password@127.0.0.1:3306.');
  const { hostname, port, username, password } = new URL(url);
  return {
    host: hostname,
    port: Number(port || 3306),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    tls: undefined,
    poolSize: 10,
    connectTimeoutMilliseconds: 10_000,
    lockTimeoutSeconds: 10,
  };
}

/** What a test wants otherwise than usual. */
export type TestDatabaseChanges = Partial<
  Pick<DatabaseConfig, 'poolSize' | 'lockTimeoutSeconds' | 'statementTimeoutSeconds'>
>;

/** Makes a database of a unique name without any table. */
export async function createEmptyTestDatabase(changes: TestDatabaseChanges = {}): Promise<TestDatabase> {
  const name = `zenml_test_${randomBytes(6).toString('hex')}`;
  const config = { ...testDatabaseServer(), ...changes, database: name };
  await runOnServer(config, `create database ${name} character set utf8mb4 collate utf8mb4_unicode_ci`);
  let statements: Statement[] = [];
  const handle = createDatabase(config, (statement) => statements.push(statement));
  const credentials = `${encodeURIComponent(config.user)}:${encodeURIComponent(config.password)}`;
  return {
    db: handle.db,
    handle,
    name,
    url: `mysql://${credentials}@${config.host}:${config.port}/${name}`,
    config,
    takeStatements() {
      const taken = statements;
      statements = [];
      return taken;
    },
    async drop() {
      await handle.destroy();
      await runOnServer(config, `drop database if exists ${name}`);
    },
  };
}

/** Makes a database of a unique name with all tables, and no rows but the revision. */
export async function createTestDatabase(changes?: TestDatabaseChanges): Promise<TestDatabase> {
  const database = await createEmptyTestDatabase(changes);
  await migrateDatabase(database.db);
  database.takeStatements();
  return database;
}

/** Runs one statement outside of any database. */
export async function runOnServer(config: Omit<DatabaseConfig, 'database'>, statement: string): Promise<void> {
  const { host, port, user, password } = config;
  const connection = await createConnection({ host, port, user, password });
  try {
    await connection.query(statement);
  } finally {
    await connection.end();
  }
}
