import { createConnection } from 'mysql2/promise';
import type { DatabaseConfig } from './database.ts';
import { missingDatabase } from './migrations/refusal.ts';
import { errorNumber } from './transaction.ts';

const ER_DBACCESS_DENIED = 1044;
const ER_BAD_DB = 1049;

/**
 * Makes the database where it does not exist and the user may make it.
 * @returns whether it was made.
 * @throws {DatabaseRefused} where it does not exist and the user may not.
 */
export async function createDatabaseIfMissing(config: DatabaseConfig): Promise<boolean> {
  const absence = await lookUp(config);
  if (absence === undefined) return false;
  try {
    // Another replica may have been quicker.
    const name = `\`${config.database.replaceAll('`', '``')}\``;
    await run(config, `create database if not exists ${name} character set utf8mb4 collate utf8mb4_unicode_ci`);
    return true;
  } catch (error) {
    if (errorNumber(error) === ER_DBACCESS_DENIED) throw missingDatabase(config.database, config.user);
    throw error;
  }
}

/** @returns `undefined` where the database is there. A user without rights on it is told that access is denied. */
async function lookUp(config: DatabaseConfig): Promise<number | undefined> {
  try {
    await run(config, 'select 1', config.database);
    return undefined;
  } catch (error) {
    const number = errorNumber(error);
    if (number === ER_BAD_DB || number === ER_DBACCESS_DENIED) return number;
    throw error;
  }
}

/** Runs one statement on a connection of its own. */
async function run(config: DatabaseConfig, statement: string, database?: string): Promise<void> {
  const { host, port, user, password, tls, connectTimeoutMilliseconds: connectTimeout } = config;
  // mysql2 writes its defaults into the object that it is given.
  const ssl = tls && { ...tls };
  const connection = await createConnection({ host, port, user, password, ssl, connectTimeout, database });
  try {
    await connection.query(statement);
  } finally {
    connection.destroy();
  }
}
