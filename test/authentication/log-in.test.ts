import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Answer } from '../servers/http-client.ts';
import { at } from '../servers/json.ts';
import { comparable, logIn, type Pair, type Party, startPair } from './beside-reference.ts';

const idOf = (number: number) => `11111111-1111-4111-8111-${String(number).padStart(12, '0')}`;
const ids = Array.from({ length: 20 }, (_, number) => idOf(number));

let pair: Pair;

before(async () => {
  pair = await startPair((planeUrl) => ({
    ZENML_SERVER_AUTH_SCHEME: 'EXTERNAL',
    ZENML_SERVER_EXTERNAL_LOGIN_URL: 'https://plane.example.com/login',
    ZENML_SERVER_EXTERNAL_USER_INFO_URL: `${planeUrl}/users/authorize_server`,
    ZENML_SERVER_EXTERNAL_SERVER_ID: idOf(0),
  }));
});
after(() => pair?.stop());

/** Does the same at both servers and finds the same answers and accounts. */
async function same(what: string, send: (party: Party) => Promise<Answer>): Promise<Answer> {
  const [reference, ours] = pair.parties;
  const answers = [await send(reference), await send(ours)] as const;
  assert.deepEqual(comparable(answers[1], ids), comparable(answers[0], ids), what);
  assert.deepEqual(await accountsOf(ours), await accountsOf(reference), `accounts after ${what}`);
  return answers[1];
}

function accountsOf({ query }: Party) {
  return query(
    `select name, full_name, description, avatar_url, active, password, activation_token, external_user_id, email,
       email_opted_in, is_service_account, is_admin, user_metadata, nullif(oidc_claims, 'null') as oidc_claims,
       default_project_id is null as no_default_project
     from user order by name, is_service_account`,
  );
}

const ann = { id: idOf(1), username: 'ann', email: 'ann@example.com', name: 'Ann', is_superuser: true };
const logInWith = (token: string) => (party: Party) => logIn(party, {}, { authorization: `Bearer ${token}` });

test('what is not a log-in', async () => {
  await same('nothing', (party) => logIn(party, {}));
  await same('an empty header', (party) => logIn(party, {}, { authorization: '' }));
  await same('another scheme', (party) => logIn(party, {}, { authorization: 'Basic x' }));
  await same('no token', (party) => logIn(party, {}, { authorization: 'Bearer' }));
  await same('a password', (party) => logIn(party, { username: 'admin', password: 'x' }));
  await same('a device', (party) => logIn(party, { device_code: 'x', client_id: idOf(9) }));
  await same('a key of nobody', (party) => logIn(party, { password: 'ZENPROKEY_nobody' }));
});

test('accounts are made, changed and taken over', async () => {
  const { users, takeAsked } = pair.plane;
  users.set('ann', {
    ...ann,
    avatar_url: 'https://a.example.com/b',
    oidc_claims: { groups: ['x'], n: 1 },
    plan: 'pro',
  });
  users.set('bob', { id: idOf(2), username: 'bob', email: 'bob@example.com' });
  users.set('nobody', { id: idOf(3), username: 'without address' });
  users.set('robot', {
    id: idOf(4),
    username: 'bob',
    is_service_account: true,
    name: 'Robot',
    avatar_url: 'https://x',
  });
  for (const token of ['ann', 'bob', 'nobody', 'robot', 'ann']) {
    takeAsked();
    assert.equal((await same(token, logInWith(token))).status, 200);
    const [reference, ours] = takeAsked();
    const told = ['authorization', 'zenml-server-id', 'zenml-server-url', 'zenml-server-version'];
    assert.equal(ours?.url, reference?.url);
    assert.deepEqual(
      told.map((name) => ours?.headers[name]),
      told.map((name) => reference?.headers[name]),
    );
  }
  users.set('ann', { ...ann, username: 'anne', name: null });
  users.set('bob', { id: idOf(2), username: 'anne', email: 'bob@example.com' });
  users.set('robot', { id: idOf(4), username: 'robot', is_service_account: true });
  await same('another name', logInWith('ann'));
  assert.equal((await same('a name that is taken', logInWith('bob'))).status, 409);
  await same('another name of a service account', logInWith('robot'));
  users.set('ann', { ...ann, is_superuser: false });
  assert.equal((await same('the last administrator', logInWith('ann'))).status, 403);
  users.set('ann', { ...ann, id: idOf(5), username: 'anne' });
  await same('another id of the same name', logInWith('ann'));
});

test('a control plane that refuses or fails', async () => {
  for (const [status, body] of [
    [401, '{}'],
    [403, '{}'],
    [404, '{}'],
    [500, ''],
    [302, ''],
    [200, 'no JSON'],
    [200, '[]'],
    [201, '{}'],
    [200, '{"id": "x", "username": "y"}'],
  ] as const) {
    pair.plane.users.set('bad', { status, body });
    await same(`${status} ${body}`, logInWith('bad'));
  }
});

test('what users may do', async () => {
  const { users } = pair.plane;
  users.set('carol', { id: idOf(6), username: 'carol', email: 'c@example.com' });
  users.set('ZENPROKEY_r', { id: idOf(7), username: 'keyed', is_service_account: true });
  const tokens = new Map<Party, string>();
  for (const party of pair.parties) {
    tokens.set(party, String(at((await logInWith('carol')(party)).body, 'access_token')));
  }
  const send = (method: string, path: string, body?: unknown, token?: string) => (party: Party) =>
    party.client.send({
      method,
      path: `/api/v1${path}`,
      headers: { authorization: `Bearer ${token ?? tokens.get(party)}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  await same('current user', send('GET', '/current-user'));
  // The reference shows a service account that brings its key without its id at the control plane; this server with it.
  for (const party of pair.parties) {
    const answer = await send('GET', '/current-user', undefined, 'ZENPROKEY_r')(party);
    assert.deepEqual([answer.status, at(answer.body, 'name')], [200, 'keyed']);
  }
  await same('token by key', send('GET', '/api_token', undefined, 'ZENPROKEY_r'));
  await same('a key of nobody', send('GET', '/current-user', undefined, 'ZENPROKEY_x'));
  await same('token', send('GET', '/api_token'));
  await same('users', send('GET', '/users?hydrate=true'));
  await same('service accounts', send('GET', '/service_accounts?hydrate=true&sort_by=asc:name'));
  await same('changing oneself', send('PUT', '/users/carol', { name: 'x', full_name: 'y', is_admin: true }));
  await same('changing another', send('PUT', '/users/anne', { default_project_id: null }));
  for (const [method, path] of [
    ['POST', '/users'],
    ['DELETE', '/users/carol'],
    ['PUT', '/users/carol/activate'],
    ['PUT', '/users/carol/deactivate'],
    ['PUT', '/users/carol/email-opt-in'],
    ['PUT', '/current-user'],
    ['PUT', '/activate'],
    ['GET', '/settings'],
    ['PUT', '/settings'],
    ['PUT', '/service_accounts/keyed'],
    ['DELETE', '/service_accounts/keyed'],
    ['POST', '/users/resource_membership'],
  ] as const) {
    await same(`${method} ${path}`, send(method, path, method === 'GET' || method === 'DELETE' ? undefined : {}));
  }
});

test('both serve the same operations', async () => {
  const served = await Promise.all(
    pair.parties.map(({ client }) => client.send({ method: 'GET', path: '/openapi.json' })),
  );
  const [reference, ours] = served.map(({ body }) => {
    const paths = Object.entries(at(body, 'paths') as Record<string, object>);
    const operations = paths.flatMap(([path, item]) => Object.keys(item).map((method) => `${method} ${path}`));
    return operations.filter((operation) => operation.includes('/api/')).sort();
  });
  assert.deepEqual(ours, reference);
});
