import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createConnection } from 'mysql2/promise';
import { runOrFail } from '../../tools/bootstrap/process.mjs';
import { admin, databaseServer, type RunningServer, startOurs } from '../servers/servers.mjs';

const MAIN = fileURLToPath(new URL('../../server/src/main.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'zenml-keys-'));
const running: RunningServer[] = [];
let databaseUrl: string;
let dropDatabase: () => Promise<void>;

before(async () => {
  const server = await databaseServer();
  const name = `keys_${process.pid}`;
  databaseUrl = `${server.url}/${name}`;
  const connection = await createConnection(server.url);
  await connection.query(`create database ${name}`);
  dropDatabase = async () => {
    await connection.query(`drop database ${name}`);
    await connection.end();
    await server.stop();
  };
});
after(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await dropDatabase();
  rmSync(directory, { recursive: true });
});

/** What the Secret of the pods holds; `''` is nothing. */
function keys(jwt: string, encryption: string, previous: { jwt?: string; encryption?: string } = {}) {
  return {
    ZENML_SERVER_JWT_SECRET_KEY: `${jwt}: a key that tests sign with`,
    ZENML_SECRETS_STORE_ENCRYPTION_KEY: encryption,
    ...(previous.jwt && { ZENML_WORKSPACE_PREVIOUS_JWT_SECRET_KEY: `${previous.jwt}: a key that tests sign with` }),
    ...(previous.encryption && { ZENML_WORKSPACE_PREVIOUS_ENCRYPTION_KEY: previous.encryption }),
  };
}

/** Starts a replica. @returns its URL */
async function startReplica(environment: Record<string, string>): Promise<string> {
  const replica = await startOurs({ databaseUrl, directory, environment });
  running.push(replica);
  return `${replica.url}/api/v1`;
}

/** A token, and a session of a page that lies elsewhere: its cookie is good with its own CSRF token only. */
interface Session {
  readonly token: string;
  readonly page: Readonly<Record<string, string>>;
}

async function logIn(url: string): Promise<Session> {
  const logInFrom = async (headers: Record<string, string>) => {
    const body = new URLSearchParams({ username: admin.user, password: admin.password });
    const answer = await fetch(`${url}/login`, { method: 'POST', body, headers });
    const { access_token: token, csrf_token: csrf } = (await answer.json()) as Record<string, string | null>;
    const [cookie = ''] = answer.headers.getSetCookie();
    return { token: String(token), csrf, cookie: cookie.split(';')[0] ?? '' };
  };
  const { token } = await logInFrom({});
  const { csrf, cookie } = await logInFrom({ Origin: 'https://dashboard.example.com' });
  assert.ok(csrf);
  return { token, page: { Cookie: cookie, 'X-CSRF-Token': csrf } };
}

/** How a replica answers who comes with the token, and the page. */
async function statuses(url: string, { token, page }: Session): Promise<[number, number]> {
  const byToken = await fetch(`${url}/current-user`, { headers: { Authorization: `Bearer ${token}` } });
  const byPage = await fetch(`${url}/current-user`, { headers: page });
  return [byToken.status, byPage.status];
}

async function call(url: string, { token }: Session, path: string, body?: object): Promise<Record<string, unknown>> {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const method = body ? 'POST' : 'GET';
  const answer = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()) as Record<string, unknown>;
}

/** The values of a secret, as a replica gives them. */
async function valuesOf(url: string, session: Session, id: unknown): Promise<unknown> {
  const { body } = (await call(url, session, `/secrets/${id}`)) as { body: { values: unknown } };
  return body.values;
}

test('both keys are changed while replicas of each step run side by side: nobody is logged out, no secret is lost', async () => {
  const first = await startReplica(keys('old', 'old'));
  const oldSession = await logIn(first);
  const values = { password: 'pässwörd' };
  const { id: oldSecret } = await call(first, oldSession, '/secrets', { name: 'of-the-old-key', values });

  const [prepared, changed] = await Promise.all([
    startReplica(keys('old', 'old', { jwt: 'new', encryption: 'new' })),
    startReplica(keys('new', 'new', { jwt: 'old', encryption: 'old' })),
  ]);
  const newSession = await logIn(changed);
  const { id: newSecret } = await call(changed, newSession, '/secrets', { name: 'of-the-new-key', values });
  for (const replica of [prepared, changed]) {
    for (const session of [oldSession, newSession]) {
      assert.deepEqual(await statuses(replica, session), [200, 200]);
    }
    for (const secret of [oldSecret, newSecret]) assert.deepEqual(await valuesOf(replica, newSession, secret), values);
  }

  const environment = { ...process.env, ...keys('new', 'new', { encryption: 'old' }), ZENML_STORE_URL: databaseUrl };
  const said = await runOrFail(process.execPath, [MAIN, 'rotate-encryption-key'], { env: environment });
  assert.match(said, /^1 secrets were encrypted anew; 1 were under the new key before\.$/m);
  const last = await startReplica(keys('new', 'new'));
  assert.deepEqual(await statuses(last, oldSession), [401, 401]);
  assert.deepEqual(await statuses(last, newSession), [200, 200]);
  for (const secret of [oldSecret, newSecret]) assert.deepEqual(await valuesOf(last, newSession, secret), values);
});
