import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../bootstrap/failure.mjs';

const makers = {
  databasePassword: () => randomBytes(24).toString('hex'),
  defaultUserPassword: () => randomBytes(12).toString('hex'),
  jwtSecretKey: () => randomBytes(32).toString('hex'),
  secretsEncryptionKey: () => randomBytes(32).toString('hex'),
};

/**
 * The secrets of one data directory, generated on its first use and kept in a file that only the current user reads.
 * @returns {Record<keyof typeof makers, string>}
 */
export function keptSecrets(dataDirectory) {
  const path = join(dataDirectory, 'secrets.json');
  const kept = read(path) ?? none(path, join(dataDirectory, 'database'));
  const missing = Object.keys(makers).filter((name) => typeof kept[name] !== 'string' || kept[name] === '');
  if (missing.length === 0) return kept;
  const secrets = { ...kept, ...Object.fromEntries(missing.map((name) => [name, makers[name]()])) };
  // Written aside and renamed: a crash half-way must not cost the key that the stored secrets are encrypted with.
  writeFileSync(`${path}.new`, `${JSON.stringify(secrets, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return secrets;
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) {
      throw new Failure(`${path} is damaged. It holds the key of the stored secrets: restore it from a backup.`);
    }
    throw error;
  }
}

/** Secrets are made before a database is: where only the latter is there, they were lost. */
function none(path, database) {
  if (!existsSync(database)) return {};
  throw new Failure(
    `${path} is missing, and holds the key of what ${database} keeps secret: restore it from a backup, or remove the database too.`,
  );
}
