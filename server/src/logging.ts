import { type DestinationStream, destination, type Logger, pino, stdSerializers } from 'pino';
import type { LogConfig } from './config/workspace-config.ts';
import { textLines } from './log-text.ts';

const CENSORED = '[redacted]';

/** Fields whose values are never logged, as they are and one or two levels deep. */
const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'set-cookie',
  'password',
  'token',
  'access_token',
  'refresh_token',
  'api_key',
  'apiKey',
  'secret',
  'jwtSecretKey',
  'previousJwtSecretKey',
  'encryptionKey',
  'previousEncryptionKey',
  'clientSecret',
];

/** What a secret looks like inside a text: credentials of a URL, a bearer token, an API key, a JWT. */
const SECRETS_IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):(?!\d+[/?#])[^\s@"'<>]+@/gi, `$1:${CENSORED}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${CENSORED}`],
  [/\bZEN(?:PRO)?KEY_[\w=+/-]+/g, CENSORED],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, CENSORED],
];

/** A text without the secrets in it that can be told by their form. */
export function withoutSecrets(text: string): string {
  return SECRETS_IN_TEXT.reduce((safe, [pattern, replacement]) => safe.replace(pattern, replacement), text);
}

/**
 * Makes the server's logger: one line per message, JSON or text, without secrets. Messages that belong to a request
 * carry its `requestId`.
 * @param output where lines go; by default standard output
 */
export function createLogger(config: LogConfig, output: DestinationStream = destination(1)): Logger {
  const paths = SECRET_FIELDS.map((field) => (/^\w+$/.test(field) ? field : `["${field}"]`));
  return pino(
    {
      level: config.level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError },
      redact: { paths: paths.flatMap((path) => [path, nested('*', path), nested('*.*', path)]), censor: CENSORED },
    },
    filtered(config.format === 'text' ? textLines(output) : output),
  );
}

/** An error of the database comes with its statement, and the driver has put the values into that. */
function serializeError(error: Error): object {
  const serialized = stdSerializers.err(error);
  const { sql } = serialized;
  return typeof sql === 'string' ? { ...serialized, sql: sql.replace(SQL_TEXT, '?') } : serialized;
}

/** A text in a statement, quoted and escaped as mysql2 does. */
const SQL_TEXT = /'(?:[^'\\]|\\.|'')*'/gs;

function nested(parent: string, path: string): string {
  return path.startsWith('[') ? `${parent}${path}` : `${parent}.${path}`;
}

/** Secrets in messages and stacks are told by their form: a driver's error may quote a URL. */
function filtered(output: DestinationStream): DestinationStream {
  return { write: (line) => output.write(withoutSecrets(line)) };
}
