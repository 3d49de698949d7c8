import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultDataDirectory } from '../bootstrap/cache.mjs';
import { Failure } from '../bootstrap/failure.mjs';

const usageExitCode = 2;

export const usage = `Runs the workspace server with all that it needs: a private MariaDB, keys, the dashboard.

  npm start -- [options]

  --host HOST          address to listen on (default 127.0.0.1; 0.0.0.0 for all)
  --port PORT          port to listen on (default 8080)
  --data-dir DIRECTORY where the database, keys and logs are kept
                       (default ${defaultDataDirectory()})
  --database-url URL   a MySQL 8 or MariaDB 10.6+ of your own: mysql://USER:PASSWORD@HOST:PORT/DATABASE
  --no-dashboard       the API only
  --help               this text

Every ZENML_* variable of the environment reaches the server. ZENML_DEFAULT_USER_NAME and
ZENML_DEFAULT_USER_PASSWORD name the first user; without them it is "default" with a generated password.
MYSQLD names the mariadbd or mysqld to run, where another one than the first that is found is wanted.
Ctrl-C stops the server and its database; the next start goes on with the same data.`;

const definitions = {
  host: { type: 'string' },
  port: { type: 'string' },
  'data-dir': { type: 'string' },
  'database-url': { type: 'string' },
  'no-dashboard': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

/**
 * Reads the command line; what it leaves out comes from the server's own variables.
 * @returns {{help: boolean, host: string, port: number, dataDirectory: string, databaseUrl?: string, dashboard: boolean}}
 * @throws {Failure} with exit code 2 and what is wrong
 */
export function parseOptions(args, env = process.env) {
  const values = parse(args);
  return {
    help: values.help ?? false,
    host: values.host || env.ZENML_WORKSPACE_HOST || '127.0.0.1',
    port: parsePort(values.port ?? env.ZENML_WORKSPACE_PORT ?? '8080'),
    dataDirectory: resolve(values['data-dir'] || defaultDataDirectory(env)),
    databaseUrl: parseDatabaseUrl(values['database-url'] ?? env.ZENML_STORE_URL),
    dashboard: !values['no-dashboard'],
  };
}

function parse(args) {
  try {
    return parseArgs({ args, options: definitions, allowPositionals: false }).values;
  } catch (error) {
    throw new Failure(`${error.message}\nnpm start -- --help lists the options.`, usageExitCode);
  }
}

function parsePort(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    throw new Failure(`The port must be a number from 1 to 65535, not "${text}".`, usageExitCode);
  }
  return port;
}

function parseDatabaseUrl(text) {
  if (text === undefined || text === '') return undefined;
  // The text may hold a password, so the message does not repeat it.
  if (!/^mysql(\+pymysql)?:\/\/./.test(text)) {
    throw new Failure('The database URL must look like mysql://USER:PASSWORD@HOST:PORT/DATABASE.', usageExitCode);
  }
  return text;
}

/** The address at which this machine reaches a server that listens on `host`. */
export function localUrl(host, port) {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  return `http://${reached}:${port}`;
}
