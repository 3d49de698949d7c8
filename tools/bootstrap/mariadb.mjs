import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from './failure.mjs';
import { capture, findProgram } from './process.mjs';
import { installSystemPackages } from './system-packages.mjs';

/** Where servers lie that are not on everyone's PATH: Debian, Fedora, Homebrew, MySQL's own packages. */
const directories = [
  '/usr/sbin',
  '/usr/libexec',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/opt/homebrew/bin',
  '/opt/homebrew/opt/mariadb/bin',
  '/usr/local/opt/mariadb/bin',
  '/usr/local/mysql/bin',
];
const oldest = { mariadb: [10, 6], mysql: [8, 0] };

/** The image that serves where there is Docker but no database server. */
export const databaseImage = 'mariadb:11.4';

/**
 * @typedef {{kind: 'mariadb' | 'mysql', server: string, install?: string, version: string}} DatabasePrograms
 *   `server` and `install` (MariaDB only) are paths of programs
 */

/** Reads what `mariadbd --version` or `mysqld --version` prints; undefined where it is neither. */
export function parseVersion(text) {
  const match = text.match(/Ver (\d+)\.(\d+)\.(\d+)/);
  if (match === null) return undefined;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const kind = /mariadb/i.test(text) ? 'mariadb' : 'mysql';
  const [oldestMajor, oldestMinor] = oldest[kind];
  const serves = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  return { kind, version: `${major}.${minor}.${match[3]}`, serves };
}

/**
 * The database server that is installed, if any that serves; where the environment names one as MYSQLD, no other.
 * Installed ones that are too old are named in `tooOld`.
 */
export async function findDatabase(env = process.env) {
  const tooOld = [];
  const named = ['mariadbd', 'mysqld'].map((name) => findProgram([name], directories));
  for (const server of (env.MYSQLD ? [env.MYSQLD] : named).filter(existsSync)) {
    const found = parseVersion((await capture(server, ['--no-defaults', '--version'])).output);
    if (found === undefined) continue;
    if (!found.serves) {
      tooOld.push(`${server} ${found.version}`);
      continue;
    }
    const install = findProgram(['mariadb-install-db'], [dirname(server), ...directories]);
    if (found.kind === 'mariadb' && install === undefined) continue;
    return { programs: { kind: found.kind, version: found.version, server, install }, tooOld };
  }
  return { programs: undefined, tooOld };
}

/**
 * A way to run a database: an installed server, one that is installed now, or Docker.
 * @returns {Promise<{programs: DatabasePrograms} | {docker: string}>}
 * @throws {Failure} that says what to do, where there is none
 */
export async function ensureDatabase() {
  const found = await findDatabase();
  if (found.programs !== undefined) return { programs: found.programs };
  if (process.env.MYSQLD)
    throw new Failure(`MYSQLD is ${process.env.MYSQLD}, which is no server of MariaDB 10.6 or newer, or of MySQL 8.`);
  const refused = await installSystemPackages(await databasePackages(), 'MariaDB');
  if (refused === undefined) {
    const installed = await findDatabase();
    if (installed.programs !== undefined) return { programs: installed.programs };
    found.tooOld = installed.tooOld;
  }
  const docker = findProgram(['docker']);
  if (docker !== undefined && (await capture(docker, ['info'])).code === 0) return { docker };
  const old = found.tooOld.length > 0 ? `\nToo old: ${found.tooOld.join(', ')}.` : '';
  throw new Failure(
    `No database server: MariaDB 10.6 or newer, or MySQL 8, is needed, and no Docker engine answers.${old}\n` +
      `${refused ?? 'The package that was installed brings none that serves.'}\n` +
      'Install one of them and start again, or name a database of your own: npm start -- --database-url mysql://USER:PASSWORD@HOST/DATABASE',
  );
}

/** Packages that bring the server's programs only: Debian's `-core` packages start no system service. */
async function databasePackages() {
  const list = findProgram(['apt-cache'])
    ? (await capture('apt-cache', ['pkgnames', 'mariadb-server-core'])).output
    : '';
  const server = newestCore(list.split('\n').map((line) => line.trim()));
  return { apt: [server, server.replace('server', 'client')], dnf: ['mariadb-server'], brew: ['mariadb'] };
}

/** Of `mariadb-server-core`, `mariadb-server-core-10.6`, …: the plain name where it exists, else the newest version. */
export function newestCore(names) {
  const plain = 'mariadb-server-core';
  const versioned = names
    .map((name) => ({ name, version: name.match(/^mariadb-server-core-(\d+)\.(\d+)$/) }))
    .filter(({ version }) => version !== null)
    .sort((a, b) => Number(b.version[1]) - Number(a.version[1]) || Number(b.version[2]) - Number(a.version[2]));
  return names.includes(plain) ? plain : (versioned[0]?.name ?? plain);
}
