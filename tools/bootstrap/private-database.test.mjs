import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createConnection } from 'mysql2/promise';
import { scratchDirectory } from '../testing/scratch.mjs';
import { initStatements, makerOf, socketPath, startPrivateDatabase } from './private-database.mjs';
import { startTestDatabase } from './test-database.mjs';

async function query(url, sql) {
  const connection = await createConnection(url);
  try {
    return (await connection.query(sql))[0];
  } finally {
    await connection.end();
  }
}

test('a second start finds what the first wrote, also after a crash', async () => {
  const directory = scratchDirectory();
  const options = { directory, user: 'zenml', password: 'first', database: 'zenml' };
  const first = await startPrivateDatabase(options);
  await query(first.url, 'CREATE TABLE kept (word varchar(20))');
  await query(first.url, "INSERT INTO kept VALUES ('Grüße 🎉')");
  assert.equal(await first.stop(), 0);
  // What a crash leaves behind: the file of a process that is no more, and a socket that nobody listens on.
  writeFileSync(join(directory, 'database.pid'), '999999\n');
  writeFileSync(socketPath(directory), '');

  const second = await startPrivateDatabase({ ...options, password: 'second' });
  assert.deepEqual(await query(second.url, 'SELECT word FROM kept'), [{ word: 'Grüße 🎉' }]);
  const [{ charset }] = await query(second.url, 'SELECT @@character_set_database AS charset');
  assert.equal(charset, 'utf8mb4');
  await assert.rejects(
    query(first.url.replace(/:\d+\//, `:${new URL(second.url).port}/`), 'SELECT 1'),
    /Access denied/,
  );
  await assert.rejects(query(second.url, 'CREATE DATABASE other'), /Access denied/);
  assert.equal(statSync(directory).mode & 0o077, 0);
  assert.equal(existsSync(join(directory, 'init.sql')), false);
  assert.equal(await second.stop(), 0);
  rmSync(directory, { recursive: true });
});

test('a test database lets its user make databases, and leaves nothing', async () => {
  const database = await startTestDatabase();
  await query(database.url, 'CREATE DATABASE one');
  await database.stop();
  assert.equal(existsSync(database.log), false);
});

test('data are left to what has made them', () => {
  const holding = (...paths) => {
    const directory = scratchDirectory();
    for (const path of paths) mkdirSync(join(directory, path), { recursive: true });
    return directory;
  };
  assert.equal(makerOf(holding()), undefined);
  assert.equal(makerOf(holding('data/mysql')), 'mariadb');
  assert.equal(makerOf(holding('data/mysql', 'data/mysql.ibd')), 'mysql');
  assert.equal(makerOf(holding('container-data/mysql')), 'docker');
  assert.equal(makerOf(holding('container-data/mysql', 'container-data.unfinished')), undefined);
});

test('the user of one database gets that database only', () => {
  const account = { user: 'zenml', password: 'secret' };
  assert.ok(
    initStatements({ ...account, database: 'zenml' }, 'mariadb').includes(
      "GRANT ALL ON `zenml`.* TO 'zenml'@'127.0.0.1';",
    ),
  );
  assert.ok(initStatements(account, 'mysql').at(-1).startsWith("ALTER USER 'root'@'localhost' IDENTIFIED BY 'secret'"));
});

test('a socket whose path would be too long moves to a private folder', () => {
  assert.equal(socketPath('/data'), '/data/database.sock');
  const moved = socketPath(`/data/${'long/'.repeat(30)}`);
  assert.ok(moved.length < 104, moved);
});
