import { Kysely, type Transaction as KyselyTransaction, MysqlDialect } from 'kysely';
import { createPool, type Pool, type SslOptions } from 'mysql2';
import type { Schema } from './generated/schema.gen.ts';

/** The database with its typed tables. */
export type Database = Kysely<Schema>;
/** A running transaction. */
export type Transaction = KyselyTransaction<Schema>;
/** What a read can run on: inside a transaction it sees the transaction's own writes. */
export type Connection = Database | Transaction;

/** How to reach MySQL or MariaDB. */
export interface DatabaseConfig {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: SslOptions | undefined;
  /** Most connections at once. */
  readonly poolSize: number;
  readonly connectTimeoutMilliseconds: number;
  /** Longest wait for another transaction's lock, seconds: below the time-out of clients, so that they get an answer. */
  readonly lockTimeoutSeconds: number;
}

/** An open database. */
export interface DatabaseHandle {
  readonly db: Database;
  /** Connections of the pool by state, for metrics. */
  poolState(): { total: number; idle: number; waiting: number };
  destroy(): Promise<void>;
}

/** Below every usual `wait_timeout` and load balancer's limit, so that no connection in the pool has died unnoticed. */
const IDLE_TIMEOUT = 60_000;

/**
 * Opens a pool. Connections are made on demand; an unreachable database shows at the first statement.
 * @param onStatement told each statement's text, for tests that count.
 */
export function createDatabase(config: DatabaseConfig, onStatement?: (text: string) => void): DatabaseHandle {
  const pool = createPool({
    host: config.host,
    port: config.port,
    user: config.user,
    password: config.password,
    database: config.database,
    // mysql2 writes its defaults into the object that it is given.
    ssl: config.tls && { ...config.tls },
    connectionLimit: config.poolSize,
    maxIdle: config.poolSize,
    idleTimeout: IDLE_TIMEOUT,
    connectTimeout: config.connectTimeoutMilliseconds,
    enableKeepAlive: true,
    charset: 'utf8mb4_unicode_ci',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    jsonStrings: true,
  });
  pool.on('connection', (connection) => {
    connection.query('set session transaction isolation level read committed');
    connection.query(`set session time_zone = '+00:00', innodb_lock_wait_timeout = ${config.lockTimeoutSeconds}`);
  });
  const db = new Kysely<Schema>({
    dialect: new MysqlDialect({ pool }),
    log: onStatement && ((event) => onStatement(event.query.sql)),
  });
  return { db, poolState: () => poolState(pool), destroy: () => db.destroy() };
}

/** mysql2 shows its queues only as fields that its types do not name. */
interface PoolQueues {
  readonly _allConnections: { readonly length: number };
  readonly _freeConnections: { readonly length: number };
  readonly _connectionQueue: { readonly length: number };
}

function poolState(pool: Pool): { total: number; idle: number; waiting: number } {
  const queues = pool as unknown as PoolQueues;
  return {
    total: queues._allConnections.length,
    idle: queues._freeConnections.length,
    waiting: queues._connectionQueue.length,
  };
}
