import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort, isAlive } from './bootstrap/process.mjs';
import { scratchDirectory } from './testing/scratch.mjs';

const script = fileURLToPath(new URL('start.mjs', import.meta.url));

/** `npm start -- …` with what it has printed so far, and its exit code once it ends. */
function start(...args) {
  const child = spawn(process.execPath, [script, '--no-dashboard', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const running = { child, output: '', ended: once(child, 'close').then(([code]) => code) };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      running.output += chunk;
    });
  }
  after(() => child.kill('SIGKILL'));
  return running;
}

async function ready(running) {
  while (!running.output.includes('Ctrl-C stops it')) {
    assert.equal(running.child.exitCode, null, running.output);
    await sleep(50);
  }
}

const databasePid = (directory) => Number(readFileSync(join(directory, 'database', 'database.pid'), 'utf8'));

const password = ({ output }) => output.match(/^ {2}password {2}(.+)$/m)[1];

async function gone(pid) {
  while (isAlive(pid)) await sleep(50);
}

/** A file in the place of a directory. */
function file() {
  const path = join(scratchDirectory(), 'file');
  writeFileSync(path, '');
  return path;
}

for (const [what, args, message] of [
  [
    'a file in place of the directory',
    ['--data-dir', file()],
    /^Cannot use the directory .*: a file is in its place\.$/m,
  ],
  [
    'an address of another machine',
    ['--host', '192.0.2.254'],
    /: no network of this machine .* --host takes .*127\.0\.0\.1/,
  ],
  [
    'a database that is not there',
    ['--database-url', 'mysql://u:hunter2@127.0.0.1:1/d'],
    /127\.0\.0\.1:1: nothing listens/,
  ],
]) {
  test(`${what} is told in a sentence, at once`, async () => {
    const starting = start('--port', await freePort(), '--data-dir', scratchDirectory(), ...args);
    assert.equal(await starting.ended, 1);
    assert.match(starting.output, message);
    assert.doesNotMatch(starting.output, /hunter2|\n {4}at /);
  });
}

test('a start has its data for itself, keeps them, and ends when asked, with its database or its data', async () => {
  const directory = scratchDirectory();
  const args = ['--port', await freePort(), '--data-dir', directory];
  const first = start(...args);
  await ready(first);
  const second = start(...args);
  assert.equal(await second.ended, 1);
  assert.match(second.output, new RegExp(`runs on ${directory} already: process ${first.child.pid}\\.`));
  const port = await start('--port', args[1], '--data-dir', scratchDirectory());
  assert.equal(await port.ended, 1);
  assert.match(port.output, /another program listens there.*--port \d+/);
  process.kill(databasePid(directory), 'SIGKILL');
  assert.equal(await first.ended, 137);
  assert.match(first.output, /The database ended by itself with exit code 137; see /);

  const stopped = start(...args);
  await ready(stopped);
  const pid = databasePid(directory);
  stopped.child.kill('SIGINT');
  assert.equal(await stopped.ended, 0);
  assert.equal(isAlive(pid), false);

  const third = start(...args);
  await ready(third);
  assert.equal(password(third), password(first));
  const page = await fetch(`http://127.0.0.1:${args[1]}/`, { headers: { accept: 'text/html' } });
  assert.match(await page.text(), /dashboard/i);
  // Nobody reads any more what it prints.
  third.child.stdout.destroy();
  const database = databasePid(directory);
  rmSync(directory, { recursive: true });
  assert.equal(await third.ended, 1);
  assert.match(third.output, /running\.pid was removed or replaced/);
  await gone(database);
});
