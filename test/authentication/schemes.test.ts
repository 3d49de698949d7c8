import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createConnection } from 'mysql2/promise';
import { admin, databaseServer, startOurs, startReference } from '../servers/servers.mjs';

interface Answered {
  readonly status: number;
  readonly challenge: string | null;
  readonly body: unknown;
}

/** Asks both servers the same, and finds the same answer. */
type Same = (what: string, path: string, init?: RequestInit) => Promise<Answered>;

/** Both servers on one database under a scheme; the default user's name is the one that `NO_AUTH` knows. */
async function underScheme(
  scheme: string,
  check: (same: Same, urls: { readonly reference: string; readonly ours: string }) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'zenml-schemes-'));
  const database = await databaseServer();
  const name = `schemes_${process.pid}_${scheme.toLowerCase()}`;
  const options = {
    databaseUrl: `${database.url}/${name}`,
    directory,
    environment: { ZENML_SERVER_AUTH_SCHEME: scheme, ZENML_DEFAULT_USER_NAME: 'default' },
  };
  const running: { stop(): Promise<number> }[] = [];
  const execute = async (statement: string) => {
    const connection = await createConnection(database.url);
    await connection.query(statement).finally(() => connection.end());
  };
  try {
    await execute(`create database ${name}`);
    const ours = await startOurs(options);
    running.push(ours);
    const reference = await startReference(options);
    running.push(reference);
    const same: Same = async (what, path, init) => {
      const expected = await ask(reference.url, path, init);
      const answered = await ask(ours.url, path, init);
      assert.deepEqual(comparable(answered), comparable(expected), what);
      return answered;
    };
    await check(same, { reference: reference.url, ours: ours.url });
  } finally {
    await Promise.allSettled(running.map((server) => server.stop()));
    await execute(`drop database if exists ${name}`);
    await database.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function ask(url: string, path: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(`${url}/api/v1${path}`, { redirect: 'manual', ...init });
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json');
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    body: json ? JSON.parse(text) : text,
  };
}

/** Without what each server makes anew: tokens, codes, the request's time. */
function comparable({ status, challenge, body }: Answered): unknown {
  const text = JSON.stringify(body)
    .replace(/"(access_token|csrf_token|activation_token|user_code|device_code|device_id)":"[^"]*"/g, '"$1":"<made>"')
    .replace(/device_id=[^"]*/g, 'device_id=<made>')
    .replace(/"updated":"[^"]*"/g, '"updated":"<time>"');
  return { status, challenge, body: JSON.parse(text) };
}

const basic = (text: string, encoding: BufferEncoding = 'utf8') =>
  `Basic ${Buffer.from(text, encoding).toString('base64')}`;
const asAdmin = { authorization: basic(`default:${admin.password}`) };
const form = (fields: Record<string, string>): RequestInit => ({ method: 'POST', body: new URLSearchParams(fields) });
const json = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

test('HTTP_BASIC: user and password with every request', () =>
  underScheme('HTTP_BASIC', async (same, urls) => {
    const current = (authorization?: string) =>
      same(
        authorization ?? 'nothing',
        '/current-user',
        authorization === undefined ? {} : { headers: { authorization } },
      );
    assert.equal((await current(asAdmin.authorization)).status, 200);
    assert.equal((await current(asAdmin.authorization.replace('Basic', 'bAsIc'))).status, 200);
    for (const wrong of [
      undefined,
      'Basic',
      'Basic !',
      'Bearer x',
      basic('default'),
      basic(':'),
      basic('default:'),
      basic(`default:${admin.password}x`),
      basic(`nobody:${admin.password}`),
    ]) {
      assert.equal((await current(wrong)).status, 401);
    }

    await same('the scheme', '/info');
    const login = await same('log-in', '/login', form({ username: 'default', password: admin.password }));
    assert.equal(login.status, 200);
    const { access_token: token } = login.body as { access_token: string };
    assert.equal((await current(`Bearer ${token}`)).status, 401);
    await same('a device', '/device_authorization', form({ client_id: '11111111-1111-4111-8111-111111111111' }));

    const created = await ask(urls.ours, '/users', json('POST', { name: 'ann', is_admin: false }, asAdmin));
    assert.equal(created.status, 200);
    await same('a user that is not active', '/current-user', { headers: { authorization: basic('ann:x') } });
    const activate = (activation_token?: string) =>
      same('activation', '/users/ann/activate', json('PUT', { password: 'p', activation_token }));
    assert.equal((await activate('x')).status, 401);
    assert.equal((await activate()).status, 401);
  }));

test('NO_AUTH: everybody is the default user', () =>
  underScheme('NO_AUTH', async (same, urls) => {
    assert.equal((await same('nothing', '/current-user')).status, 200);
    await same('a token of nobody', '/current-user', { headers: { authorization: 'Bearer x' } });
    await same('another user', '/current-user', { headers: { authorization: basic('ann:x') } });
    await same('the scheme', '/info');
    await same('log-in', '/login', form({ username: 'default', password: admin.password }));
    await same('a wrong log-in', '/login', form({ username: 'default', password: 'x' }));
    await same('log-in with nothing', '/login', form({}));
    await same('a token', '/api_token');
    await same('a device', '/device_authorization', form({ client_id: '11111111-1111-4111-8111-111111111111' }));

    // The reference activates accounts without their token, and so lets anybody take one over for the day when there is log-in.
    assert.equal((await ask(urls.ours, '/users', json('POST', { name: 'ann', is_admin: false }))).status, 200);
    const activation = json('PUT', { password: 'p' });
    assert.equal((await ask(urls.ours, '/users/ann/activate', activation)).status, 401);
    assert.equal((await ask(urls.reference, '/users/ann/activate', activation)).status, 200);
  }));
