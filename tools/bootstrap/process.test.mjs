import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { scratchDirectory } from '../testing/scratch.mjs';
import { Failure } from './failure.mjs';
import { Companion, capture, exitCode, freePort, isAlive, listenError, runOrFail, tail } from './process.mjs';

const node = process.execPath;

async function until(condition) {
  for (let attempt = 0; attempt < 200 && !(await condition()); attempt++) await sleep(50);
  assert.ok(await condition());
}

test('exit codes are those of a shell', () => {
  assert.equal(exitCode(78, null), 78);
  assert.equal(exitCode(null, 'SIGKILL'), 137);
});

test('a program that must succeed fails with the end of what it printed', async () => {
  assert.equal((await capture(node, ['--eval', 'console.log("fine")'])).output, 'fine\n');
  const failing = runOrFail(node, ['--eval', 'console.error("disk full"); process.exit(3)'], { what: 'Unpacking' });
  await assert.rejects(failing, (error) => {
    assert.ok(error instanceof Failure);
    assert.match(error.message, /^Unpacking failed with exit code 3:\ndisk full$/);
    return true;
  });
});

test('a companion is asked to stop, and its exit code and log are kept', async () => {
  const log = join(scratchDirectory(), 'log');
  const code = 'process.on("SIGTERM", () => process.exit(7)); setInterval(() => {}, 1000); console.log("up")';
  const companion = new Companion('sample', node, ['--eval', code], { log });
  await until(() => tail(log).includes('up'));
  assert.equal(companion.running, true);
  assert.equal(await companion.stop(), 7);
  assert.equal(companion.running, false);
});

test('a companion that ignores the request is killed', async () => {
  const log = join(scratchDirectory(), 'log');
  const code = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")';
  const companion = new Companion('sample', node, ['--eval', code], { log });
  await until(() => tail(log).includes('up'));
  assert.equal(await companion.stop(100), 137);
});

test('a companion does not outlive a parent that is killed', async () => {
  const log = join(scratchDirectory(), 'log');
  const module = JSON.stringify(new URL('./process.mjs', import.meta.url).href);
  const parent = `import(${module}).then(({ Companion }) => {
    const companion = new Companion('sample', 'sleep', ['600'], { log: ${JSON.stringify(log)} });
    console.log(companion.pid);
    setInterval(() => {}, 1000);
  })`;
  const child = spawn(node, ['--eval', parent], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [chunk] = await child.stdout.take(1).toArray();
  const pid = Number(chunk.toString());
  assert.equal(isAlive(pid), true);
  child.kill('SIGKILL');
  await until(() => !isAlive(pid));
});

test('a taken port is told from a free one', async () => {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  assert.equal(await listenError('127.0.0.1', server.address().port), 'EADDRINUSE');
  server.close();
  assert.equal(await listenError('127.0.0.1', await freePort()), undefined);
});
