import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from './failure.mjs';
import { isAlive } from './process.mjs';

const waitMilliseconds = 20 * 60_000;

/** The process id in a lock file, or undefined where there is none (any more). */
export function lockHolder(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Takes the lock and returns true, or false where a live process holds it. A lock whose holder died is taken over. */
export function tryLock(path) {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return true;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = lockHolder(path);
    if (holder !== undefined && isAlive(holder)) return false;
    rmSync(path, { force: true });
  }
  return false;
}

/** Runs `work` while no other process runs it under the same lock file, e.g. two test runs that fill one cache. */
export async function withLock(path, work) {
  const deadline = Date.now() + waitMilliseconds;
  while (!tryLock(path)) {
    if (Date.now() > deadline) {
      throw new Failure(`Process ${lockHolder(path)} has held ${path} for too long; end it or remove that file.`);
    }
    await sleep(300);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}
