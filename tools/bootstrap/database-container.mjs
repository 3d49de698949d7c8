import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { Companion, capture, findProgram } from './process.mjs';
import { withProgress } from './progress.mjs';

/** The image that serves where there is Docker but no database server. */
const image = 'mariadb:11.4';

/** Where the container finds what it needs for TLS. */
const inContainer = { key: '/run/database-tls.key', certificate: '/run/database-tls.crt' };

/** The Docker whose engine answers, if any; Podman's stand-in of that name serves as well. */
export async function findDocker() {
  const docker = findProgram(['docker']);
  return docker !== undefined && (await capture(docker, ['info'])).code === 0 ? docker : undefined;
}

const dataOf = (directory) => join(directory, 'container-data');
/** There while the image makes the data: what it did not finish it would take for finished at the next start. */
const unfinishedOf = (directory) => join(directory, 'container-data.unfinished');

/** Whether a container has made the data of this directory. */
export function madeInContainer(directory) {
  return existsSync(dataOf(directory)) && !existsSync(unfinishedOf(directory));
}

/** Fetches the image, unless it is there: that may take longer than a start should. */
export async function ensureImage(docker) {
  if ((await capture(docker, ['image', 'inspect', image])).code === 0) return;
  const { code, output } = await withProgress(`Fetching the image ${image}`, () => capture(docker, ['pull', image]));
  if (code !== 0) throw new Failure(`docker pull ${image} failed: ${output.trim().split('\n').at(-1)}`);
}

/**
 * Runs the official image in the foreground: stopping `docker run` stops the container, and `--rm` removes it.
 * @param {string} docker
 * @param {import('./private-database.mjs').PrivateDatabaseOptions} options
 * @param {string} address where it is reached, `127.0.0.1:3307`
 * @param {(tls?: {key: string, certificate: string}) => string[]} settingsWith options of the server, for paths in the container
 */
export async function startContainer(docker, options, address, settingsWith) {
  const { directory, disposable, tls } = options;
  const data = dataOf(directory);
  if (!madeInContainer(directory)) {
    rmSync(data, { recursive: true, force: true });
    writeFileSync(unfinishedOf(directory), '');
  }
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const environment = join(directory, 'container.env');
  writeFileSync(environment, `${variables(options).join('\n')}\n`, { mode: 0o600 });
  const { uid, gid } = userInfo();
  const name = `zenml-workspace-${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`;
  // What a killed Docker client has left running still holds the data.
  await capture(docker, ['rm', '--force', name]);
  const run = ['run', '--rm', '--name', name, '--user', `${uid}:${gid}`, '--env-file', environment];
  // Z: where SELinux is on, the container may enter its data.
  const mounts = ['-v', `${data}:/var/lib/mysql:Z`];
  if (tls) {
    mounts.push('-v', `${tls.key}:${inContainer.key}:ro,Z`, '-v', `${tls.certificate}:${inContainer.certificate}:ro,Z`);
  }
  const args = [...run, ...mounts, '-p', `${address}:3306`, image, ...settingsWith(tls && inContainer)];
  const log = join(directory, 'database.log');
  return new Companion('database', docker, args, { log, disposable: disposable ? directory : undefined });
}

/** To be called once it answers. */
export function containerIsReady(directory) {
  rmSync(unfinishedOf(directory), { force: true });
}

/** What the image makes at its first start; it would print a root password that it makes up. */
function variables({ user, password, database }) {
  if (!database) return [`MARIADB_ROOT_PASSWORD=${password}`];
  const root = [
    'MARIADB_INITDB_SKIP_TZINFO=1',
    'MARIADB_ROOT_HOST=localhost',
    `MARIADB_ROOT_PASSWORD=${randomBytes(24).toString('hex')}`,
  ];
  return [...root, `MARIADB_USER=${user}`, `MARIADB_PASSWORD=${password}`, `MARIADB_DATABASE=${database}`];
}
