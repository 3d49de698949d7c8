import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDirectory } from '../testing/scratch.mjs';
import { lockHolder, tryLock, withLock } from './lock.mjs';

const lockFile = () => join(scratchDirectory(), 'lock');

test('a lock that a live process holds is not given twice', async () => {
  const path = lockFile();
  await withLock(path, async () => {
    assert.equal(lockHolder(path), process.pid);
    assert.equal(tryLock(path), false);
  });
  assert.equal(existsSync(path), false);
});

test('a lock whose holder died is taken over', () => {
  const path = lockFile();
  const { pid } = spawnSync(process.execPath, ['--eval', '']);
  writeFileSync(path, String(pid));
  assert.equal(tryLock(path), true);
  assert.equal(lockHolder(path), process.pid);
});

test('a lock file that is cut short is taken over', () => {
  const path = lockFile();
  writeFileSync(path, '');
  assert.equal(tryLock(path), true);
});

test('work that fails gives the lock back', async () => {
  const path = lockFile();
  await assert.rejects(
    withLock(path, () => Promise.reject(new Error('no network'))),
    /no network/,
  );
  assert.equal(tryLock(path), true);
});
