import { Kysely, type Transaction as KyselyTransaction, MysqlDialect } from 'kysely';
import { ConnectionPool } from './connection-pool.ts';
import type { DatabaseConfig } from './database-config.ts';
import type { Schema } from './generated/schema.gen.ts';

/** The database with its typed tables. */
export type Database = Kysely<Schema>;
/** A running transaction. */
export type Transaction = KyselyTransaction<Schema>;
/** What a read can run on: inside a transaction it sees the transaction's own writes. */
export type Connection = Database | Transaction;

export type { DatabaseConfig } from './database-config.ts';

/** An open database. */
export interface DatabaseHandle {
  readonly db: Database;
  /** Connections of the pool by state, for metrics. */
  poolState(): { total: number; idle: number; waiting: number };
  destroy(): Promise<void>;
}

/**
 * Opens a pool. Connections are made on demand; an unreachable database shows at the first statement.
 * @param onStatement told each statement's text, for tests that count.
 */
export function createDatabase(config: DatabaseConfig, onStatement?: (text: string) => void): DatabaseHandle {
  const pool = new ConnectionPool(config);
  const db = new Kysely<Schema>({
    dialect: new MysqlDialect({ pool }),
    log: onStatement && ((event) => onStatement(event.query.sql)),
  });
  return { db, poolState: () => pool.state(), destroy: () => db.destroy() };
}
