import { Readable } from 'node:stream';
import type { MysqlPool, MysqlPoolConnection } from 'kysely';
import { createPool, type Pool, type PoolConnection, type QueryError } from 'mysql2';
import type { DatabaseConfig } from './database-config.ts';

/** Below every usual `wait_timeout` and load balancer's limit, so that few connections in the pool die unnoticed. */
const IDLE_TIMEOUT = 60_000;
/** A connection that was used this short a time ago is taken to be alive; an older one is asked. */
const FRESH_MILLISECONDS = 5_000;
const PING_TIMEOUT = 3_000;
/** Longest wait for a connection while all are in use. */
const ACQUIRE_TIMEOUT = 15_000;
/** The server ends a statement at its limit; only one that does not answer at all lives until this much later. */
const SILENCE_MILLISECONDS = 5_000;

/**
 * A pool for Kysely that hands out living connections only: it asks one that was idle, closes one that does not answer
 * or whose server became read-only (a failover), and gives up waiting in time for the client to be told. Statements
 * travel as text: prepared ones were no faster for a page of 20 rows, and each length of an `in` list is another.
 */
export class ConnectionPool implements MysqlPool {
  readonly #pool: Pool;
  readonly #queryTimeout: number | undefined;
  readonly #connections = new WeakMap<PoolConnection, SupervisedConnection>();

  constructor(config: DatabaseConfig) {
    const { statementTimeoutSeconds: limit } = config;
    this.#queryTimeout = limit === undefined ? undefined : limit * 1000 + SILENCE_MILLISECONDS;
    this.#pool = createPool({
      host: config.host,
      port: config.port,
      user: config.user,
      password: config.password,
      database: config.database,
      // mysql2 writes its defaults into the object that it is given.
      ssl: config.tls && { ...config.tls },
      connectionLimit: config.poolSize,
      // mysql2 closes idle connections only where fewer may be idle than open.
      maxIdle: Math.max(config.poolSize - 1, 1),
      idleTimeout: IDLE_TIMEOUT,
      connectTimeout: config.connectTimeoutMilliseconds,
      enableKeepAlive: true,
      charset: 'utf8mb4_unicode_ci',
      timezone: 'Z',
      dateStrings: true,
      supportBigNumbers: true,
      jsonStrings: true,
      // mysql2 holds places for 16,000 of them, half a megabyte a connection. None are prepared here, and 0 means 16,000.
      maxPreparedStatements: 1,
      // An object among the values is a mistake, and no list of assignments.
      stringifyObjects: true,
    });
    this.#pool.on('connection', (connection) => {
      for (const setting of sessionSettings(config)) {
        // A connection without its settings would read and write other values than the rest: better none.
        connection.query(setting, (error) => error && connection.destroy());
      }
    });
  }

  /** Gives a connection that answers. */
  getConnection(callback: (error: unknown, connection: MysqlPoolConnection) => void): void {
    this.#acquire().then(
      (connection) => callback(undefined, connection),
      // Kysely looks at the connection only where there is no error.
      (error: unknown) => callback(error, undefined as unknown as MysqlPoolConnection),
    );
  }

  end(callback: (error: unknown) => void): void {
    this.#pool.end(callback);
  }

  /** Connections by state; mysql2 shows its queues only as fields that its types do not name. */
  state(): { total: number; idle: number; waiting: number } {
    const queues = this.#pool as unknown as Record<string, { readonly length: number }>;
    return {
      total: queues._allConnections?.length ?? 0,
      idle: queues._freeConnections?.length ?? 0,
      waiting: queues._connectionQueue?.length ?? 0,
    };
  }

  async #acquire(): Promise<SupervisedConnection> {
    for (;;) {
      const connection = this.#supervise(await this.#take());
      if (Date.now() - connection.lastUsed < FRESH_MILLISECONDS || (await connection.answers())) return connection;
      connection.destroy();
    }
  }

  #supervise(raw: PoolConnection): SupervisedConnection {
    const known = this.#connections.get(raw);
    if (known) return known;
    const connection = new SupervisedConnection(raw, this.#queryTimeout);
    this.#connections.set(raw, connection);
    return connection;
  }

  #take(): Promise<PoolConnection> {
    return new Promise((resolve, reject) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        reject(new PoolTimeout());
      }, ACQUIRE_TIMEOUT);
      this.#pool.getConnection((error, connection) => {
        clearTimeout(timer);
        if (error) reject(error);
        else if (late) connection.release();
        else resolve(connection);
      });
    });
  }
}

/** All connections were in use for too long. */
export class PoolTimeout extends Error {
  override readonly name = 'PoolTimeout';
  readonly code = 'POOL_TIMEOUT';

  constructor() {
    super(`No database connection became free within ${ACQUIRE_TIMEOUT / 1000} s.`);
  }
}

/** Statements of migrations: an index on a large table takes as long as it takes. */
const DDL = /^\s*(?:\/\*.*?\*\/\s*)?(?:create|alter|drop)\b/i;

/** One connection of the pool; it leaves the pool when it can no longer be trusted. */
class SupervisedConnection implements MysqlPoolConnection {
  lastUsed = Date.now();
  readonly #raw: PoolConnection;
  readonly #timeout: number | undefined;
  #gone = false;

  constructor(raw: PoolConnection, timeout: number | undefined) {
    this.#raw = raw;
    this.#timeout = timeout;
    for (const event of ['end', 'error']) {
      raw.once(event, () => {
        this.#gone = true;
      });
    }
  }

  get config(): object {
    return this.#raw.config;
  }

  get threadId(): number {
    return this.#raw.threadId;
  }

  connect(callback?: (error: unknown) => void): void {
    this.#raw.connect(callback);
  }

  query(...[sql, parameters, callback]: Parameters<MysqlPoolConnection['query']>) {
    if (this.#gone) return this.#refuse(sql, callback);
    const options = { sql, timeout: DDL.test(sql) ? undefined : this.#timeout };
    const query = this.#raw.query(options, parameters, (error: QueryError | null, result: unknown) => {
      this.lastUsed = Date.now();
      if (error && isBroken(error)) this.destroy();
      callback?.(error, result as Parameters<NonNullable<typeof callback>>[1]);
    });
    return query as unknown as ReturnType<MysqlPoolConnection['query']>;
  }

  /**
   * The server has rolled back what a lost connection had begun: a ROLLBACK is done, and must not hide the error for
   * which it is sent.
   */
  #refuse(...[sql, callback]: [string, Parameters<MysqlPoolConnection['query']>[2]]) {
    const error = new ConnectionGone();
    process.nextTick(() => callback?.(sql === 'rollback' ? undefined : error, []));
    return {
      stream: () =>
        new Readable({
          read: (): never => {
            throw error;
          },
        }),
    };
  }

  /** Whether the server is still there; one that went away without a word shows only by its silence. */
  answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), PING_TIMEOUT);
      this.#raw.ping((error) => {
        clearTimeout(timer);
        resolve(!error);
      });
    });
  }

  release(): void {
    this.lastUsed = Date.now();
    this.#raw.release();
  }

  destroy(): void {
    this.#gone = true;
    this.#raw.destroy();
  }
}

/** A statement was sent on a connection that had been lost before. */
class ConnectionGone extends Error {
  override readonly name = 'ConnectionGone';
  readonly code = 'PROTOCOL_CONNECTION_LOST';

  constructor() {
    super('The connection to the database was lost within a transaction.');
  }
}

/** After these errors the connection is gone, has an answer outstanding, or leads to a server that takes no writes. */
function isBroken(error: QueryError): boolean {
  if (error.fatal || error.code === 'PROTOCOL_SEQUENCE_TIMEOUT') return true;
  return error.errno !== undefined && READ_ONLY_ERRORS.has(error.errno);
}

/** ER_OPTION_PREVENTS_STATEMENT (a server with read_only), ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ER_READ_ONLY_MODE. */
const READ_ONLY_ERRORS = new Set([1290, 1792, 1836]);

/**
 * What a connection must have whatever the server's defaults: values that do not fit are errors and not cut off,
 * backslashes escape (mysql2's quoting relies on it), and times are UTC. MariaDB and MySQL limit statements by variables
 * of different names, which each reads from a comment of its own.
 */
function sessionSettings({ lockTimeoutSeconds, statementTimeoutSeconds: limit }: DatabaseConfig): string[] {
  const settings = [
    "sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
    "time_zone = '+00:00'",
    `innodb_lock_wait_timeout = ${lockTimeoutSeconds}`,
  ].join(', ');
  const mariadb = limit === undefined ? '' : ` /*M!100100 , max_statement_time = ${limit} */`;
  const mysql = limit === undefined ? '' : ` /*!80000 , max_execution_time = ${limit * 1000} */`;
  return ['set session transaction isolation level read committed', `set session ${settings}${mariadb}${mysql}`];
}
