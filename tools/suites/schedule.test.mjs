import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSideBySide } from './schedule.mjs';

/** Jobs that end when told to, and a record of which run. */
function controlled(wanted) {
  const running = new Map();
  const jobs = Object.entries(wanted).map(([name, cores]) => ({
    cores,
    run: () => new Promise((resolve) => running.set(name, resolve)).finally(() => running.delete(name)),
  }));
  const end = async (name) => {
    running.get(name)();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { jobs, running: () => [...running.keys()], end };
}

test('runs what the cores allow; a smaller job fills a gap', async () => {
  const { jobs, running, end } = controlled({ one: 1, wide: 2, two: 1, three: 1 });
  const done = runSideBySide(jobs, 2);
  assert.deepEqual(running(), ['one', 'two']);
  await end('one');
  assert.deepEqual(running(), ['two', 'three']);
  await end('two');
  await end('three');
  assert.deepEqual(running(), ['wide']);
  await end('wide');
  await done;
});

test('a job that wants more cores than there are runs alone', async () => {
  const { jobs, running, end } = controlled({ wide: 8, other: 1 });
  const done = runSideBySide(jobs, 1);
  assert.deepEqual(running(), ['wide']);
  await end('wide');
  assert.deepEqual(running(), ['other']);
  await end('other');
  await done;
});
