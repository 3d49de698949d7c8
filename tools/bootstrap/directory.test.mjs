import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDirectory } from '../testing/scratch.mjs';
import { makeDirectory } from './directory.mjs';

test('a directory is made with those above it, for the current user only', () => {
  const path = join(scratchDirectory(), 'a', 'b');
  makeDirectory(path);
  makeDirectory(path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
});

test('a file in its place is told', () => {
  const file = join(scratchDirectory(), 'file');
  writeFileSync(file, '');
  for (const path of [file, join(file, 'below')]) {
    assert.throws(() => makeDirectory(path), { name: 'Failure', message: /file: a file is|below: a file is/ });
  }
});

test('where nothing can be made there is an end', { skip: !existsSync('/proc/self') }, () => {
  assert.throws(() => makeDirectory('/proc/x/y'), { name: 'Failure', message: /nobody make it|permission denied/ });
});
