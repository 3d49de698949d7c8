import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createConnection } from 'mysql2/promise';
import { admin, startOurs } from '../../test/servers/servers.mjs';
import { startTestDatabase } from '../bootstrap/test-database.mjs';
import { backUp, restore } from './backup.mjs';

const directory = mkdtempSync(join(tmpdir(), 'zenml-backup-'));
const file = join(directory, 'copy.sql.gz');
let database;
/** Of the copy, before a server was started on it. */
let restored;

before(async () => {
  database = await startTestDatabase();
  await execute('create database original');
  await execute('create database copy');
});
after(async () => {
  await database?.stop();
  rmSync(directory, { recursive: true });
});

const urlOf = (name) => `${database.url}/${name}`;

async function execute(statement, name = '') {
  const connection = await createConnection(urlOf(name));
  try {
    return (await connection.query(statement))[0];
  } finally {
    await connection.end();
  }
}

/** Logs in, and sends a request. */
async function ask(url, method, path, body) {
  const login = new URLSearchParams({ grant_type: 'password', username: admin.user, password: admin.password });
  const { access_token: token } = await (await fetch(`${url}/api/v1/login`, { method: 'POST', body: login })).json();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

async function checksums(name) {
  const tables = (await execute('show tables', name)).map((row) => `\`${Object.values(row)[0]}\``);
  const rows = await execute(`checksum table ${tables.join(', ')}`, name);
  return rows.map(({ Table, Checksum }) => [Table.split('.')[1], Checksum]);
}

test('what a server has written is read by one on the restored copy, secrets too', async () => {
  const original = await startOurs({ databaseUrl: urlOf('original'), directory });
  await ask(original.url, 'POST', '/secrets', { name: 'kept', values: { password: 'pässwörd 😀' } });
  // While the server goes on.
  await backUp(urlOf('original'), file);
  await ask(original.url, 'POST', '/tags', { name: 'too-late' });
  await original.stop();
  await execute("delete from tag where name = 'too-late'", 'original');

  await restore(urlOf('copy'), file);
  restored = await checksums('copy');
  assert.deepEqual(restored, await checksums('original'));
  const copy = await startOurs({ databaseUrl: urlOf('copy'), directory });
  const secrets = await ask(copy.url, 'GET', '/secrets?hydrate=true&name=kept');
  const { body } = await ask(copy.url, 'GET', `/secrets/${secrets.items[0].id}`);
  assert.deepEqual(body.values, { password: 'pässwörd 😀' });
  await copy.stop();
});

test('a database that has tables is left as it is, unless they are to be replaced', async () => {
  const before = await checksums('copy');
  await assert.rejects(restore(urlOf('copy'), file), /The database has \d+ tables\..* --replace/);
  assert.deepEqual(await checksums('copy'), before);
  await execute("delete from secret where name = 'kept'", 'copy');
  await restore(urlOf('copy'), file, { replace: true });
  assert.deepEqual(await checksums('copy'), restored);
});

test('a copy that was cut off empties no database', async () => {
  const before = await checksums('copy');
  const cut = join(directory, 'cut.sql.gz');
  writeFileSync(cut, readFileSync(file));
  truncateSync(cut, 5000);
  await assert.rejects(restore(urlOf('copy'), cut, { replace: true }), /no complete copy/);
  assert.deepEqual(await checksums('copy'), before);
});

test('a database that takes TLS only is reached as the server would reach it', async () => {
  const closed = await startTestDatabase('zenml', { onlyTls: true });
  try {
    const again = join(directory, 'again.sql.gz');
    await restore(`${closed.url}?ssl=true`, file);
    await backUp(`${closed.url}?ssl=true`, again);
    assert.ok(statSync(again).size > 1000);
    // Nobody whom this machine trusts has signed its certificate.
    await assert.rejects(backUp(`${closed.url}?ssl_verify_server_cert=true`, again), /ended with exit code/);
  } finally {
    await closed.stop();
  }
});

test('where the database cannot be reached no file is left', async () => {
  const lost = join(directory, 'lost.sql.gz');
  const secret = 'password-that-nobody-may-see';
  await assert.rejects(backUp(`mysql://root:${secret}@127.0.0.1:1/original`, lost), (error) => {
    assert.match(error.message, /ended with exit code/);
    assert.doesNotMatch(error.message, new RegExp(secret));
    return true;
  });
  assert.throws(() => readFileSync(lost), /ENOENT/);
  assert.throws(() => readFileSync(`${lost}.part`), /ENOENT/);
});
