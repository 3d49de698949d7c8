import { sql } from 'kysely';
import { fromDatabaseId, newId, toDatabaseId } from '../database/ids.ts';
import { instantAfter, now } from '../database/instants.ts';
import { bearer, logIn, setPassword } from '../testing/test-accounts.ts';
import { insertUser, startTestServer, TEST_KEY, type TestAnswer, type TestServer } from '../testing/test-server.ts';
import { createTokens, type TokenClaims } from './tokens.ts';

/** What one replica revokes, another one refuses from then on, although it has taken it a moment before. */
let here: TestServer;
let there: TestServer;
let admin: Record<string, string>;

beforeAll(async () => {
  here = await startTestServer({ authenticateWith: {} });
  there = await startTestServer({ authenticateWith: {}, beside: here });
  await setPassword(here, here.userId, 'secret');
  admin = bearer(await logIn(here, { username: 'tester', password: 'secret' }));
});

afterAll(async () => {
  await there.stop();
  await here.stop();
});

interface Revocable {
  readonly headers: Readonly<Record<string, string>>;
  revoke(): Promise<Pick<TestAnswer, 'status'>>;
}

const send = (method: string, path: string, body?: unknown) => here.call(method, path, body, admin);
let names = 0;

async function tokenOf(userId: string, bound: Partial<TokenClaims> = {}): Promise<string> {
  const { id } = await here.database.db.selectFrom('server_settings').select('id').executeTakeFirstOrThrow();
  const [issuer, audience] = [fromDatabaseId(id), fromDatabaseId(id)];
  const settings = { secretKey: TEST_KEY, issuer, audience, leewaySeconds: 10, algorithm: 'HS256' as const };
  return createTokens(settings).sign({ userId, ...bound });
}

type Headers = Revocable['headers'];

async function user(
  revoke: (name: string, id: string, headers: Headers) => ReturnType<Revocable['revoke']>,
): Promise<Revocable> {
  names += 1;
  const name = `user-${names}`;
  const id = fromDatabaseId(await insertUser(here.database, name));
  const headers = bearer(await tokenOf(id));
  return { headers, revoke: () => revoke(name, id, headers) };
}

type KeyRevocation = (account: string, key: string) => ReturnType<Revocable['revoke']>;

/** @param exchanged whether a token of the key is used in its place */
async function apiKey(exchanged: boolean, revoke: KeyRevocation): Promise<Revocable> {
  names += 1;
  const account = `/service_accounts/${(await make('/service_accounts', { name: `account-${names}`, active: true })).id}`;
  const made = await make<{ id: string; body: { key: string } }>(`${account}/api_keys`, { name: 'ci' });
  const { key } = made.body;
  const credential = exchanged ? await logIn(here, { grant_type: 'zenml-api-key', password: key }) : key;
  return { headers: bearer(credential), revoke: () => revoke(account, `${account}/api_keys/ci`) };
}

async function make<Body = { id: string }>(path: string, body: unknown): Promise<Body> {
  return (await here.call<Body>('POST', path, body, admin)).body;
}

async function device(revoke: (path: string) => ReturnType<Revocable['revoke']>): Promise<Revocable> {
  const id = newId();
  const created = now();
  const texts = { user_code: '', device_code: '', status: 'active', user_id: toDatabaseId(here.userId) };
  await here.database.db
    .insertInto('auth_devices')
    .values({ id, client_id: newId(), created, updated: created, ...texts, failed_auth_attempts: 0, trusted_device: 0 })
    .execute();
  const token = await tokenOf(here.userId, { deviceId: fromDatabaseId(id) });
  return { headers: bearer(token), revoke: () => revoke(`/devices/${fromDatabaseId(id)}`) };
}

async function run(): Promise<Revocable> {
  const id = newId();
  const created = now();
  const row = { id, created, updated: created, name: id, project_id: toDatabaseId(here.projectId), index: 1 };
  await here.database.db
    .insertInto('pipeline_run')
    .values({ ...row, status: 'running', in_progress: 1, enable_heartbeat: 0 })
    .execute();
  const token = await tokenOf(here.userId, { pipelineRunId: fromDatabaseId(id) });
  const end = async () => {
    await sql`update pipeline_run set in_progress = 0, end_time = '2020-01-01'`.execute(here.database.db);
    return { status: 200 };
  };
  return { headers: bearer(token), revoke: end };
}

test.each<[string, () => Promise<Revocable>]>([
  ['a user who is deleted', () => user((name) => send('DELETE', `/users/${name}`))],
  ['a user who is deactivated', () => user((name) => send('PUT', `/users/${name}/deactivate`))],
  [
    'a token from before a change of the password',
    () =>
      user(async (_name, id, headers) => {
        await setPassword(here, id, 'secret');
        const passwords = { password: 'another', old_password: 'secret' };
        const answer = await here.call('PUT', '/current-user', passwords, headers);
        // The test does not wait for the next second.
        const later = { password_changed_at: instantAfter(2) };
        await here.database.db.updateTable('user').set(later).where('id', '=', toDatabaseId(id)).execute();
        return answer;
      }),
  ],
  ['a key that is deleted', () => apiKey(false, (_account, key) => send('DELETE', key))],
  ['a key that is deactivated', () => apiKey(false, (_account, key) => send('PUT', key, { active: false }))],
  ['a key that is rotated', () => apiKey(false, (_account, key) => send('PUT', `${key}/rotate`, {}))],
  [
    'a key of an account that is deactivated',
    () => apiKey(false, (account) => send('PUT', account, { active: false })),
  ],
  ['a token of a key that is deleted', () => apiKey(true, (_account, key) => send('DELETE', key))],
  ['a token of a key that is rotated', () => apiKey(true, (_account, key) => send('PUT', `${key}/rotate`, {}))],
  ['a device that is locked', () => device((path) => send('PUT', path, { locked: true }))],
  ['a device that is deleted', () => device((path) => send('DELETE', path))],
  ['a run that has ended', run],
])('%s', async (_what, prepare) => {
  const { headers, revoke } = await prepare();
  const ask = () => there.call('GET', '/current-user', undefined, headers);
  expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
  expect((await revoke()).status).toBe(200);
  expect((await ask()).status).toBe(401);
});
