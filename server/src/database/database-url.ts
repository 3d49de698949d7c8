/** What a database URL says; everything else comes from options of its own. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** What follows `?`. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A URL that names no MySQL database. The message says what is wrong and never holds the password. */
export class DatabaseUrlError extends Error {
  override readonly name = 'DatabaseUrlError';
}

const EXAMPLE = 'mysql://user:password@host:3306/database';
/** MySQL's own names for its schemas, which hold no application's tables. */
const SYSTEM_SCHEMAS = new Set(['mysql', 'information_schema', 'performance_schema', 'sys']);

/**
 * Reads a URL as ZenML writes it. User, password and database are percent-decoded.
 * @param url `mysql://user:password@host:port/database?…`; `mysql+pymysql` and `mariadb` mean the same.
 * @throws {DatabaseUrlError}
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed) throw new DatabaseUrlError(`The database's URL is no URL. It looks like ${EXAMPLE}.`);
  if (!/^(?:mysql|mysql\+pymysql|mariadb):$/.test(parsed.protocol)) {
    const scheme = parsed.protocol.slice(0, -1);
    throw new DatabaseUrlError(`The database's URL begins with "${scheme}", but only MySQL is served: ${EXAMPLE}.`);
  }
  const database = decode(parsed.pathname.slice(1), 'database');
  if (parsed.hostname === '' || parsed.username === '' || database === '') {
    throw new DatabaseUrlError(`The database's URL lacks its host, user or database. It looks like ${EXAMPLE}.`);
  }
  if (!/^[^/\0]{1,64}$/.test(database) || SYSTEM_SCHEMAS.has(database.toLowerCase())) {
    throw new DatabaseUrlError(`The database's URL names "${database}", which is no database for tables of ZenML.`);
  }
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? 3306 : Number(parsed.port),
    user: decode(parsed.username, 'user'),
    password: decode(parsed.password, 'password'),
    database,
    parameters: Object.fromEntries(parsed.searchParams),
  };
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DatabaseUrlError(
      `The ${part} in the database's URL has a "%" that begins no percent-encoded byte (%25).`,
    );
  }
}
