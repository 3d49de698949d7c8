import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { DatabaseConfig } from '../database/database.ts';
import { DatabaseUrlError, parseDatabaseUrl } from '../database/database-url.ts';
import type { Environment } from './environment.ts';
import { boolean, decimal, integer, oneOf, text } from './formats.ts';
import { optional, type ValuesOf, variable } from './variable.ts';

const EXAMPLE = 'mysql://user:password@host:3306/database';
const CERTIFICATE_DOC = 'a file’s path, or the PEM text itself';

/** How to reach the database. */
export const storeVariables = {
  url: optional('ZENML_STORE_URL', text, {
    secret: true,
    unset: 'required',
    doc: `The database: \`${EXAMPLE}\`, MySQL 8 or MariaDB 10.6 and later. Special characters in user and password are percent-encoded. TLS may be asked for by \`?ssl_ca=…\` and the like. SQLite is not served.`,
  }),
  type: variable('ZENML_STORE_TYPE', oneOf('sql'), 'sql', { doc: 'Kind of the store.' }),
  driver: variable('ZENML_STORE_DRIVER', oneOf('mysql'), 'mysql', { doc: 'Kind of the database.' }),
  username: optional('ZENML_STORE_USERNAME', text, { doc: 'User, where the URL names none.' }),
  password: optional('ZENML_STORE_PASSWORD', text, { secret: true, doc: 'Password, where the URL has none.' }),
  database: optional('ZENML_STORE_DATABASE', text, { doc: 'Database, where the URL names none.' }),
  authMode: variable('ZENML_STORE_AUTH_MODE', oneOf('password'), 'password', {
    doc: 'How to log in to the database. ZenML’s other mode, `aws_rds_iam`, is not offered.',
  }),
  ssl: optional('ZENML_STORE_SSL', boolean, {
    unset: '`true` where a certificate or its check is asked for',
    doc: 'Whether the connection is encrypted. Without an authority to check it against, the server’s certificate is taken as it is.',
  }),
  sslCa: optional('ZENML_STORE_SSL_CA', text, {
    secret: true,
    doc: `Certificate of the authority that must have signed the server’s: ${CERTIFICATE_DOC}.`,
  }),
  sslCert: optional('ZENML_STORE_SSL_CERT', text, {
    secret: true,
    doc: `Certificate of this client: ${CERTIFICATE_DOC}.`,
  }),
  sslKey: optional('ZENML_STORE_SSL_KEY', text, {
    secret: true,
    doc: `Private key of this client: ${CERTIFICATE_DOC}.`,
  }),
  sslVerifyServerCert: variable('ZENML_STORE_SSL_VERIFY_SERVER_CERT', boolean, false, {
    doc: 'Whether the server’s certificate must name its host too. Without `ZENML_STORE_SSL_CA` the public authorities that Node knows are trusted.',
  }),
  poolSize: variable('ZENML_STORE_POOL_SIZE', integer(1, 1000), 20, {
    doc: 'Most connections of one replica: they are opened on demand.',
  }),
  connectTimeoutSeconds: variable('ZENML_WORKSPACE_DATABASE_CONNECT_TIMEOUT_SECONDS', decimal(0.1, 600), 10, {
    doc: 'How long opening a connection may take.',
  }),
  lockTimeoutSeconds: variable('ZENML_WORKSPACE_DATABASE_LOCK_TIMEOUT_SECONDS', integer(1, 600), 10, {
    doc: 'How long a statement waits for another transaction’s lock before its transaction is tried again.',
  }),
  statementTimeoutSeconds: variable('ZENML_WORKSPACE_DATABASE_STATEMENT_TIMEOUT_SECONDS', integer(1, 86_400), 60, {
    doc: 'How long a statement may run before it is ended. MySQL itself limits only reads; migrations are not limited.',
  }),
  migrationsDisabled: variable('DISABLE_DATABASE_MIGRATION', boolean, false, {
    doc: 'Whether a database that lacks tables is refused instead of being completed at the start.',
  }),
};

type StoreValues = ValuesOf<typeof storeVariables>;

/** What a URL's `?…` may say, and the field that it sets. */
const URL_PARAMETERS = {
  ssl: 'ssl',
  ssl_ca: 'sslCa',
  ssl_cert: 'sslCert',
  ssl_key: 'sslKey',
  ssl_verify_server_cert: 'sslVerifyServerCert',
} as const satisfies Record<string, keyof StoreValues>;

/** The database, and whether this server may change its tables. */
export interface StoreConfig {
  readonly database: DatabaseConfig;
  readonly migrationsDisabled: boolean;
}

/** Reads how to reach the database. Where that is wrong, the environment has the mistakes. */
export function readStoreConfig(environment: Environment): StoreConfig {
  const values = environment.read(storeVariables);
  const { parameters, ...address } = readAddress(environment, values);
  const settings = { ...values, ...readParameters(environment, parameters) };
  return {
    database: {
      ...address,
      tls: readTls(environment, settings, address.host),
      poolSize: values.poolSize,
      connectTimeoutMilliseconds: values.connectTimeoutSeconds * 1000,
      lockTimeoutSeconds: values.lockTimeoutSeconds,
      statementTimeoutSeconds: values.statementTimeoutSeconds,
    },
    migrationsDisabled: values.migrationsDisabled,
  };
}

type Address = ReturnType<typeof parseDatabaseUrl>;
const NO_ADDRESS: Address = { host: '', port: 0, user: '', password: '', database: '', parameters: {} };

function readAddress(environment: Environment, values: StoreValues): Address {
  const { name } = storeVariables.url;
  const refuse = (message: string) => {
    environment.mistake(name, message);
    return NO_ADDRESS;
  };
  if (values.url === undefined) return refuse(`is required: ${EXAMPLE}. \`npm start\` brings a database of its own.`);
  if (/^sqlite/i.test(values.url)) {
    return refuse(`must be a MySQL database: ${EXAMPLE}. SQLite is not served.`);
  }
  try {
    const address = parseDatabaseUrl(completeUrl(values.url, values));
    if (address.password === '') return refuse(`has no password; ${storeVariables.password.name} may bring it.`);
    return address;
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error;
    return refuse(error.message);
  }
}

/** Encodes what SQLAlchemy's URLs allow in a user's name and password, and adds what has a variable of its own. */
function completeUrl(text: string, { username, password, database }: StoreValues): string {
  const url = text.replace(
    /^([\w+]+:\/\/)([^:/@]*)(?::([^@]*))?@/,
    (_match, scheme: string, user: string, secret = '') => `${scheme}${encodeAgain(user)}:${encodeAgain(secret)}@`,
  );
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  if (username !== undefined && parsed.username === '') parsed.username = encodeURIComponent(username);
  if (password !== undefined && parsed.password === '') parsed.password = encodeURIComponent(password);
  if (database !== undefined && /^\/?$/.test(parsed.pathname)) parsed.pathname = `/${encodeURIComponent(database)}`;
  return parsed.href;
}

/** Percent-encoded text in canonical form; a `%` that begins no byte stands for itself, as in Python's `unquote`. */
function encodeAgain(text: string): string {
  const bytes = text.replaceAll(/%(?![0-9a-f]{2})/gi, '%25');
  try {
    return encodeURIComponent(decodeURIComponent(bytes));
  } catch {
    return encodeURIComponent(text);
  }
}

/** What follows `?`, under the formats of the variables of the same meaning; a certificate there turns TLS on. */
function readParameters(environment: Environment, parameters: Readonly<Record<string, string>>): Partial<StoreValues> {
  const known = Object.entries(URL_PARAMETERS);
  const unknown = Object.keys(parameters).filter((key) => !(key in URL_PARAMETERS));
  if (unknown.length > 0) {
    const names = known.map(([key]) => key).join(', ');
    environment.mistake(storeVariables.url.name, `may have ${names} after "?", not ${unknown.join(', ')}.`);
  }
  const entries = known.flatMap(([key, field]) => {
    const value = parameters[key];
    if (!value) return [];
    const result = storeVariables[field].format.safeParse(value);
    if (result.success) return [[field, result.data]];
    environment.mistake(storeVariables.url.name, `has a wrong value for ${key}.`);
    return [];
  });
  return Object.fromEntries(entries);
}

function readTls(environment: Environment, values: StoreValues, host: string): DatabaseConfig['tls'] {
  const { ssl, sslCa, sslCert, sslKey, sslVerifyServerCert } = values;
  const wanted = (sslCa ?? sslCert ?? sslKey) !== undefined || sslVerifyServerCert;
  if (!(ssl ?? wanted)) return undefined;
  if (sslVerifyServerCert && isIP(host)) {
    // mysql2 would compare the certificate with the name "localhost".
    const { name } = storeVariables.sslVerifyServerCert;
    environment.mistake(name, 'needs a host name in the URL: an IP address cannot be compared with the certificate.');
  }
  return {
    ca: readPem(environment, storeVariables.sslCa.name, sslCa),
    cert: readPem(environment, storeVariables.sslCert.name, sslCert),
    key: readPem(environment, storeVariables.sslKey.name, sslKey),
    // As PyMySQL: an authority that is given must have signed the certificate; its name matters only if asked for.
    rejectUnauthorized: sslCa !== undefined || sslVerifyServerCert,
    verifyIdentity: sslVerifyServerCert,
  };
}

/** The PEM text that a value is or names. The value may be a key, so no message shows it. */
function readPem(environment: Environment, name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const pem = existsSync(value) ? readReadable(value) : value;
  if (pem?.includes('-----BEGIN ')) return pem;
  environment.mistake(name, 'must be a readable PEM file or PEM text (-----BEGIN …).');
  return undefined;
}

function readReadable(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
