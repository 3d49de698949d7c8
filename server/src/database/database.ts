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

/** A statement as it was sent. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/**
 * Opens a pool. Connections are made on demand; an unreachable database shows at the first statement.
 * @param onStatement told each statement with its parameters, for tests that count and explain.
 */
export function createDatabase(config: DatabaseConfig, onStatement?: (statement: Statement) => void): DatabaseHandle {
  const pool = new ConnectionPool(config);
  const db = new Kysely<Schema>({
    dialect: new MysqlDialect({ pool }),
    log: onStatement && (({ query }) => onStatement({ sql: query.sql, parameters: query.parameters })),
  });
  return {
    db,
    poolState: () => pool.state(),
    async destroy() {
      await db.destroy();
      // Kysely does not end a pool that it has not used, whose timer would keep the process.
      await new Promise<void>((resolve) => pool.end(() => resolve()));
    },
  };
}
