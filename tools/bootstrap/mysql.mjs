import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cachePath } from './cache.mjs';
import { Failure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { findProgram, runOrFail } from './process.mjs';
import { withProgress } from './progress.mjs';

/** Debian's releases have MariaDB only; its unstable suite has MySQL. */
const SUITE = 'sid';
const PACKAGES = ['mysql-server-core', 'mysql-client-core'];
const programs = { mysqld: 'sbin', mysql: 'bin', mysqldump: 'bin' };

/**
 * MySQL for tests, beside the MariaDB that everything else runs on: Debian's packages with the libraries that they need,
 * in a folder of the cache.
 * @returns {Promise<string>} a folder with the programs mysqld, mysql and mysqldump
 * @throws {Failure}
 */
export async function ensureMysql() {
  const directory = cachePath(`mysql-${SUITE}-${process.arch}`);
  return withLock(`${directory}.lock`, async () => {
    if (!existsSync(directory)) await withProgress('Fetching MySQL', () => fetchInto(directory));
    return join(directory, 'programs');
  });
}

async function fetchInto(directory) {
  if (process.platform !== 'linux' || !findProgram(['mmdebstrap']))
    throw new Failure('MySQL for tests needs Linux and the package mmdebstrap.');
  const scratch = mkdtempSync(join(tmpdir(), 'zenml-mysql-'));
  const root = join(scratch, 'root');
  // A mirror may be some weeks behind.
  const options = ['--variant=extract', '--aptopt=Acquire::Check-Valid-Until "false"'];
  try {
    await runOrFail('mmdebstrap', [...options, `--include=${PACKAGES.join(',')}`, SUITE, root], { what: 'mmdebstrap' });
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(dirname(directory), { recursive: true });
    renameSync(root, directory);
    writePrograms(directory);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Each runs with its own libraries, for they are newer than the machine's. */
function writePrograms(root) {
  const folder = join(root, 'programs');
  mkdirSync(folder);
  const [loader, triplet] =
    process.arch === 'arm64'
      ? ['lib/ld-linux-aarch64.so.1', 'aarch64-linux-gnu']
      : ['lib64/ld-linux-x86-64.so.2', 'x86_64-linux-gnu'];
  for (const [name, kind] of Object.entries(programs)) {
    const usr = join(root, 'usr');
    const command = [join(usr, loader), '--library-path', join(usr, 'lib', triplet), join(usr, kind, name)];
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\nexec ${command.map((word) => `'${word}'`).join(' ')} "$@"\n`);
    chmodSync(path, 0o755);
  }
}
