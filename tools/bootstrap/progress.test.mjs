import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration } from './progress.mjs';

test('durations read well', () => {
  assert.deepEqual([420, 9_940, 12_400, 59_600, 125_000].map(duration), [
    '0.4 s',
    '9.9 s',
    '12 s',
    '1 min 0 s',
    '2 min 5 s',
  ]);
});
