import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { containerIsReady, ensureImage, madeInContainer, startContainer } from './database-container.mjs';
import { greets } from './database-handshake.mjs';
import { makeDirectory } from './directory.mjs';
import { Failure } from './failure.mjs';
import { ensureDatabase } from './mariadb.mjs';
import { Companion, freePort, runOrFail, tail } from './process.mjs';

const host = '127.0.0.1';
const startMilliseconds = 120_000;
/** A socket's path may hold some 100 bytes (sockaddr_un); a longer one moves to the system's temporary folder. */
const longestSocketPath = 90;
/** Ubuntu's AppArmor profile lets `mysqld` write into its service's folders only. */
const mysqlProfile = '/etc/apparmor.d/usr.sbin.mysqld';
const portIsTaken = /already in use|already allocated|bind on tcp\/ip port/i;

/**
 * @typedef {object} PrivateDatabase
 * @property {string} url `mysql://user:password@127.0.0.1:port/database`
 * @property {string} log
 * @property {Promise<number>} exited
 * @property {() => Promise<number>} stop a clean stop: everything is on disk after it
 */

/**
 * @typedef {object} PrivateDatabaseOptions
 * @property {string} directory for data, socket and log; readable by the current user only
 * @property {string} password letters and digits
 * @property {string} user
 * @property {string} [database] made with `utf8mb4` and given to the user; without it the user may do everything
 * @property {boolean} [disposable] true for tests: no waiting for the disk, and the directory goes where we end
 *   without a stop
 * @property {{key: string, certificate: string}} [tls] paths; connections without TLS are refused then
 */

/**
 * Starts a database server of our own, as the current user, on a random port of the loopback address. Its files are
 * made on the first start; later ones take a second or two, and are left to what has made them.
 * @param {PrivateDatabaseOptions} options
 * @returns {Promise<PrivateDatabase>}
 */
export async function startPrivateDatabase(options) {
  makeDirectory(options.directory);
  chmodSync(options.directory, 0o700);
  const { programs, docker } = await ensureDatabase(makerOf(options.directory));
  await (programs ? createData(programs, options.directory) : ensureImage(docker));
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const companion = programs
      ? startServer(programs, options, port)
      : await startContainer(docker, options, `${host}:${port}`, (tls) => settings({ ...options, tls }));
    try {
      await waitReady(companion, port);
      rmSync(join(options.directory, 'init.sql'), { force: true });
      if (docker) containerIsReady(options.directory);
      return describe(companion, options, port);
    } catch (error) {
      await companion.stop();
      // The port was free a moment ago; another program may have been quicker.
      if (attempt === 3 || !portIsTaken.test(tail(companion.log))) throw error;
    }
  }
}

/** What has made the data that lies there: another program would not read them, or make new ones beside them. */
export function makerOf(directory) {
  if (madeInContainer(directory)) return 'docker';
  const data = join(directory, 'data');
  if (!existsSync(data)) return undefined;
  // The dictionary of MySQL 8, which MariaDB has not.
  return existsSync(join(data, 'mysql.ibd')) ? 'mysql' : 'mariadb';
}

function describe(companion, { user, password, database }, port) {
  return {
    url: `mysql://${user}:${password}@${host}:${port}/${database ?? ''}`.replace(/\/$/, ''),
    log: companion.log,
    exited: companion.exited,
    stop: () => companion.stop(60_000),
  };
}

/** Makes the data directory. It gets its name only when complete: an interrupted first start leaves nothing half done. */
async function createData(programs, directory) {
  const data = join(directory, 'data');
  if (existsSync(data)) return;
  const fresh = join(directory, 'data.new');
  rmSync(fresh, { recursive: true, force: true });
  const account = userInfo().username;
  if (programs.kind === 'mariadb') {
    const authentication = ['--auth-root-authentication-method=socket', `--auth-root-socket-user=${account}`];
    const folders = [`--datadir=${fresh}`, temporaryFolder(directory)];
    const args = ['--no-defaults', ...folders, `--user=${account}`, '--skip-test-db', ...authentication];
    await runOrFail(programs.install, args, { what: 'Making the database (mariadb-install-db)' });
  } else {
    const folders = [`--datadir=${fresh}`, temporaryFolder(directory)];
    const args = ['--no-defaults', '--initialize-insecure', ...folders, `--user=${account}`];
    await runOrFail(programs.server, args, { what: 'Making the database (mysqld --initialize-insecure)' }).catch(
      advise,
    );
  }
  renameSync(fresh, data);
}

function advise(error) {
  if (!(error instanceof Failure) || !existsSync(mysqlProfile)) throw error;
  const todo = 'install MariaDB beside it, or name a database of your own: --database-url';
  throw new Failure(`${error.message}\nIf AppArmor keeps mysqld out of this directory (${mysqlProfile}): ${todo}`);
}

/** A folder of its own: a MariaDB that starts removes every `#sql-temptable-*` that it finds in a shared one. */
function temporaryFolder(directory) {
  const folder = join(directory, 'tmp');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return `--tmpdir=${folder}`;
}

/** The socket lies in a folder that only the current user can enter. */
export function socketPath(directory) {
  const near = join(directory, 'database.sock');
  if (Buffer.byteLength(near) <= longestSocketPath) return near;
  const folder = join(tmpdir(), `zenml-ws-${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, 'database.sock');
}

function startServer(programs, options, port) {
  const { directory } = options;
  const init = join(directory, 'init.sql');
  writeFileSync(init, `${initStatements(options, programs.kind).join('\n')}\n`, { mode: 0o600 });
  const args = [
    '--no-defaults',
    `--user=${userInfo().username}`,
    `--datadir=${join(directory, 'data')}`,
    temporaryFolder(directory),
    `--socket=${socketPath(directory)}`,
    `--pid-file=${join(directory, 'database.pid')}`,
    `--bind-address=${host}`,
    `--port=${port}`,
    `--init-file=${init}`,
    // Debian's MySQL insists on a folder for files of LOAD DATA, which only the package of the service makes.
    ...(programs.kind === 'mysql' ? ['--secure-file-priv=NULL'] : []),
    ...settings(options),
  ];
  const log = join(directory, 'database.log');
  const disposable = options.disposable ? directory : undefined;
  return new Companion('database', programs.server, args, { log, cwd: directory, disposable });
}

function settings({ disposable, tls }) {
  const always = [
    '--skip-name-resolve',
    '--skip-log-bin',
    '--loose-mysqlx=OFF',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_unicode_ci',
    '--max-connections=300',
    '--max-allowed-packet=256M',
    '--innodb-buffer-pool-size=256M',
  ];
  const careless = ['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=OFF', '--innodb-flush-method=nosync'];
  const onlyTls = tls ? [`--ssl-key=${tls.key}`, `--ssl-cert=${tls.certificate}`, '--require-secure-transport=ON'] : [];
  return [...always, ...(disposable ? careless : []), ...onlyTls];
}

/** What the server runs before it greets anyone, at every start: harmless where all of it is there already. */
export function initStatements({ user, password, database }, kind) {
  const account = `'${user}'@'${host}'`;
  const grant = database ? `ALL ON \`${database}\`.* TO ${account}` : `ALL ON *.* TO ${account} WITH GRANT OPTION`;
  return [
    ...(database
      ? [`CREATE DATABASE IF NOT EXISTS \`${database}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;`]
      : []),
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '${password}';`,
    `ALTER USER ${account} IDENTIFIED BY '${password}';`,
    `GRANT ${grant};`,
    // MySQL's root has no password after --initialize-insecure; MariaDB's is tied to our account on this machine.
    ...(kind === 'mysql' ? [`ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';`] : []),
  ];
}

async function waitReady(companion, port) {
  const deadline = Date.now() + startMilliseconds;
  let ended;
  companion.exited.then(
    (code) => {
      ended = `ended with exit code ${code}`;
    },
    (error) => {
      ended = `could not be started: ${error.message}`;
    },
  );
  while (!(await greets(host, port))) {
    if (ended !== undefined)
      throw new Failure(`The database ${ended}. The end of ${companion.log}:\n${tail(companion.log)}`);
    if (Date.now() > deadline) {
      throw new Failure(`The database does not answer. The end of ${companion.log}:\n${tail(companion.log)}`);
    }
    await sleep(50);
  }
}
