import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { cannotUse, makeDirectory } from '../bootstrap/directory.mjs';
import { Failure } from '../bootstrap/failure.mjs';
import { lockHolder, tryLock } from '../bootstrap/lock.mjs';

const lookMilliseconds = 2_000;

/**
 * Takes a data directory for this process, so that nobody else starts on it.
 * @param {string} directory absolute; made where it is missing
 * @returns {{lost: Promise<never>, release: () => void}} `lost` rejects where the directory is no longer ours: a database
 *   whose files were removed goes on, and forgets all of it at its end
 * @throws {Failure} where it cannot be made, or another process has it
 */
export function takeDataDirectory(directory) {
  makeDirectory(directory);
  const lock = join(directory, 'running.pid');
  if (!take(directory, lock)) {
    throw new Failure(
      `The server runs on ${directory} already: process ${lockHolder(lock)}. Stop that, or start another one with --data-dir and --port.\n` +
        `If that process is another program, remove ${lock}.`,
    );
  }
  const { lost, stop } = watch(directory, lock);
  const release = () => {
    stop();
    if (isOurs(lock)) rmSync(lock, { force: true });
  };
  return { lost, release };
}

function take(directory, lock) {
  try {
    // Left behind in a container, where each start has the same number.
    if (isOurs(lock)) rmSync(lock);
    return tryLock(lock);
  } catch (error) {
    throw cannotUse(directory, error);
  }
}

function watch(directory, lock) {
  let timer;
  const lost = new Promise((_resolve, reject) => {
    timer = setInterval(() => {
      if (isOurs(lock)) return;
      clearInterval(timer);
      reject(new Failure(`${lock} was removed or replaced, so ${directory} is no longer this server's. It ends.`));
    }, lookMilliseconds).unref();
  });
  lost.catch(() => {});
  return { lost, stop: () => clearInterval(timer) };
}

function isOurs(lock) {
  try {
    return lockHolder(lock) === process.pid;
  } catch {
    return false;
  }
}
