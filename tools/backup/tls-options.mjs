import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Words for yes, as the server takes them. */
const YES = /^(true|yes|on|y|t|1)$/i;

/**
 * Options of a client for an encrypted connection: what the server's URL or its variables ask for.
 * @param {string} program path of a client of MariaDB or MySQL
 * @param {URLSearchParams} parameters those of the URL, which win
 */
export function tlsOptions(program, parameters, environment = process.env) {
  const setting = (name) => parameters.get(name) ?? environment[`ZENML_STORE_${name.toUpperCase()}`];
  const checksHost = YES.test(setting('ssl_verify_server_cert') ?? '');
  const files = ['ssl_ca', 'ssl_cert', 'ssl_key'].flatMap((name) => {
    const value = setting(name);
    return value ? [`--${name.replace('_', '-')}=${asFile(value)}`] : [];
  });
  if (!checksHost && files.length === 0 && !YES.test(setting('ssl') ?? '')) return [];
  // MariaDB's may be called mysql.
  const isMariadb = execFileSync(program, ['--version'], { encoding: 'utf8' }).includes('MariaDB');
  return [...(isMariadb ? ofMariadb(checksHost) : ofMysql(checksHost, setting('ssl_ca'))), ...files];
}

/** From 11.4 on it checks unless it is told not to. */
function ofMariadb(checksHost) {
  return ['--ssl', checksHost ? '--ssl-verify-server-cert' : '--skip-ssl-verify-server-cert'];
}

function ofMysql(checksHost, authority) {
  if (checksHost) return ['--ssl-mode=VERIFY_IDENTITY'];
  return [`--ssl-mode=${authority ? 'VERIFY_CA' : 'REQUIRED'}`];
}

/** A certificate may be given as text, which clients do not take. */
function asFile(value) {
  if (existsSync(value)) return value;
  const directory = mkdtempSync(join(tmpdir(), 'zenml-backup-tls-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'pem');
  writeFileSync(file, value, { mode: 0o600 });
  return file;
}
