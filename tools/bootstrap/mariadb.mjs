import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { findDocker } from './database-container.mjs';
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
const names = { mariadb: 'MariaDB', mysql: 'MySQL' };

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
 * @param {'mariadb' | 'mysql'} [kind] where only one of them will do
 */
export async function findDatabase(env = process.env, kind = undefined) {
  const tooOld = [];
  const named = ['mariadbd', 'mysqld'].map((name) => findProgram([name], directories));
  const candidates = env.MYSQLD ? [env.MYSQLD] : named;
  for (const server of candidates.filter((path) => path !== undefined && existsSync(path))) {
    const found = parseVersion((await capture(server, ['--no-defaults', '--version'])).output);
    if (found === undefined || (kind !== undefined && found.kind !== kind)) continue;
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
 * @param {'mariadb' | 'mysql' | 'docker'} [maker] what has made the data that is there already: nothing else reads it
 * @returns {Promise<{programs: DatabasePrograms} | {docker: string}>}
 * @throws {Failure} that says what to do, where there is none
 */
export async function ensureDatabase(maker) {
  if (maker === 'docker') return { docker: await requireDocker() };
  const found = await findDatabase(process.env, maker);
  if (found.programs !== undefined) return { programs: found.programs };
  if (process.env.MYSQLD) throw new Failure(`MYSQLD is ${process.env.MYSQLD}, which is no server of ${wanted(maker)}.`);
  let refused;
  if (maker !== 'mysql') {
    refused = await installSystemPackages(await databasePackages(), 'MariaDB');
    const installed = refused === undefined ? await findDatabase(process.env, 'mariadb') : found;
    if (installed.programs !== undefined) return { programs: installed.programs };
    found.tooOld = installed.tooOld;
    refused ??= 'The package that was installed brings none that serves.';
  }
  const docker = maker === undefined ? await findDocker() : undefined;
  if (docker !== undefined) return { docker };
  throw new Failure(whyNone(maker, found.tooOld, refused));
}

async function requireDocker() {
  const docker = await findDocker();
  if (docker !== undefined) return docker;
  throw new Failure(
    'The database was made in Docker, and no Docker engine answers. Start Docker and start again, or start with another --data-dir.',
  );
}

function wanted(maker) {
  const { mariadb, mysql } = { mariadb: 'MariaDB 10.6 or newer', mysql: 'MySQL 8 or newer' };
  return { mariadb, mysql }[maker] ?? `${mariadb}, or of ${mysql}`;
}

function whyNone(maker, tooOld, refused) {
  const one =
    maker === undefined
      ? 'No database server: MariaDB 10.6 or newer, or MySQL 8, is needed, and no Docker engine answers.'
      : `The database was made by ${names[maker]}, and no server of ${wanted(maker)} is here.`;
  const old = tooOld.length > 0 ? [`Too old: ${tooOld.join(', ')}.`] : [];
  const todo =
    'Install one of them and start again, or name a database of your own: npm start -- --database-url mysql://USER:PASSWORD@HOST/DATABASE';
  const instead =
    maker === undefined ? todo : 'Install it and start again, name it as MYSQLD, or start with another --data-dir.';
  return [one, ...old, ...(refused === undefined ? [] : [refused]), instead].join('\n');
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
