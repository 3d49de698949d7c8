import type { SslOptions } from 'mysql2';

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
  /**
   * Longest statement, seconds: above what any request needs, so that one that went wrong does not hold its connection
   * for ever. MySQL itself limits only reads. Migrations are not limited; left out, nothing is.
   */
  readonly statementTimeoutSeconds?: number;
}
