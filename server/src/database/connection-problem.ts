import type { DatabaseConfig } from './database-config.ts';

/**
 * What a person reads where the database cannot be reached: what is wrong and what to look at, without the password.
 * @returns `undefined` for errors that have nothing to do with reaching it
 */
export function connectionProblem(error: unknown, config: DatabaseConfig): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why = REASONS[code]?.(config);
  return why && `Cannot use the database at ${config.host}:${config.port}: ${why} (${code}). ${SETTINGS}`;
}

const SETTINGS =
  'ZENML_STORE_URL, or --database-url of npm start, says where it is: mysql://user:password@host:port/database.';

/** By the codes of Node's sockets, of mysql2 and of the server. */
const REASONS: Readonly<Record<string, (config: DatabaseConfig) => string>> = {
  ECONNREFUSED: () => 'nothing listens there',
  ECONNRESET: () => 'the connection was cut',
  EHOSTUNREACH: () => 'no way leads there',
  ENETUNREACH: () => 'no way leads there',
  ENOTFOUND: ({ host }) => `the name ${host} has no address`,
  EAI_AGAIN: ({ host }) => `no name server told the address of ${host}`,
  ETIMEDOUT: (config) => `no answer within ${config.connectTimeoutMilliseconds / 1000} s`,
  PROTOCOL_CONNECTION_LOST: () => 'the connection was cut',
  ER_ACCESS_DENIED_ERROR: ({ user }) => `it refuses the user "${user}" or the password`,
  ER_DBACCESS_DENIED_ERROR: ({ user, database }) => `the user "${user}" has no rights on "${database}"`,
  ER_BAD_DB_ERROR: ({ database }) => `it has no database "${database}"`,
  ER_HOST_NOT_PRIVILEGED: () => 'it takes no connections from this machine',
  ER_HOST_IS_BLOCKED: () => 'it has blocked this machine after too many failed connections',
  ER_CON_COUNT_ERROR: () => 'it has as many connections as it takes',
  ER_SECURE_TRANSPORT_REQUIRED: () => 'it takes encrypted connections only; set ZENML_STORE_SSL=true',
  HANDSHAKE_NO_SSL_SUPPORT: () => 'it encrypts no connections, and ZENML_STORE_SSL… asks for that',
  HANDSHAKE_SSL_ERROR: () => 'its certificate is not accepted; ZENML_STORE_SSL_CA names who signed it',
};
