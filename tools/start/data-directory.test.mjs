import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDirectory } from '../testing/scratch.mjs';
import { takeDataDirectory } from './data-directory.mjs';

test('a directory that a process of our own number has left is taken, and given back', () => {
  const directory = join(scratchDirectory(), 'data');
  takeDataDirectory(directory).release();
  const lock = join(directory, 'running.pid');
  writeFileSync(lock, String(process.pid));
  takeDataDirectory(directory).release();
  assert.equal(existsSync(lock), false);
});

test('a directory that another process has taken meanwhile is not given back in its place', () => {
  const directory = scratchDirectory();
  const { release } = takeDataDirectory(directory);
  const lock = join(directory, 'running.pid');
  writeFileSync(lock, String(process.ppid));
  release();
  assert.equal(existsSync(lock), true);
  assert.throws(() => takeDataDirectory(directory), { name: 'Failure', message: /already: process/ });
});
