import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createExternalUsers } from '../../auth/external-users.ts';
import { bearer, sendForm } from '../../testing/test-accounts.ts';
import { type ControlPlane, startControlPlane } from '../../testing/test-control-plane.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

const idOf = (number: number) => `11111111-1111-4111-8111-${String(number).padStart(12, '0')}`;
const ann = {
  id: idOf(1),
  username: 'ann',
  email: 'ann@example.com',
  name: 'Ann',
  is_superuser: true,
  oidc_claims: { groups: ['a'] },
  plan: 'is not looked at',
};

let plane: ControlPlane;
let server: TestServer;

beforeAll(async () => {
  plane = await startControlPlane();
  server = await startTestServer({
    authenticateWith: {
      ZENML_SERVER_AUTH_SCHEME: 'EXTERNAL',
      ZENML_SERVER_EXTERNAL_LOGIN_URL: 'https://plane.example.com/login',
      ZENML_SERVER_EXTERNAL_USER_INFO_URL: `${plane.url}/users/authorize_server`,
      ZENML_SERVER_EXTERNAL_SERVER_ID: idOf(99),
    },
  });
});
afterAll(async () => {
  await server.stop();
  await plane.stop();
});
beforeEach(() => plane.users.clear());

const logIn = (token?: string, more: Record<string, string> = {}) =>
  sendForm<{ access_token: string }>(server, '/login', {}, { ...(token && bearer(token)), ...more });
const accounts = () =>
  server.database.db.selectFrom('user').selectAll().where('external_user_id', 'is not', null).orderBy('name').execute();
const currentUser = (headers: Record<string, string>) =>
  server.call<{ id: string; name: string; body: Record<string, unknown> }>('GET', '/current-user', undefined, headers);

test('tells whoever brings nothing where to log in', async () => {
  expect(await logIn()).toMatchObject({
    status: 200,
    body: { authorization_url: 'https://plane.example.com/login' },
  });
  const other = await logIn(undefined, { Authorization: 'Basic x' });
  const detail = ['CredentialsNotValid', 'Invalid request: invalid authorization header.'];
  expect(other).toMatchObject({ status: 401, body: { detail } });
  expect(plane.takeAsked()).toEqual([]);
});

test('makes an account at the first log-in and keeps it up to date', async () => {
  plane.users.set('t', ann);
  const first = await logIn('t', { 'User-Agent': 'zenml/0.98.0' });
  expect(first.status).toBe(200);
  expect(first.headers.get('Set-Cookie')).toMatch(/HttpOnly/);
  expect(plane.takeAsked()).toMatchObject([
    {
      url: `/users/authorize_server?server_id=${idOf(99)}`,
      headers: { authorization: 'Bearer t', 'zenml-server-id': idOf(99), 'zenml-server-version': '0.98.0' },
    },
  ]);
  expect(await currentUser(bearer(first.body.access_token))).toMatchObject({
    status: 200,
    body: {
      name: 'ann',
      body: { full_name: 'Ann', is_admin: true, email_opted_in: true },
      metadata: { email: 'ann@example.com', external_user_id: ann.id, oidc_claims: { groups: ['a'] } },
    },
  });
  expect((await server.call('GET', '/onboarding_state', undefined, bearer(first.body.access_token))).body).toContain(
    'device_verified',
  );

  plane.users.set('t', { ...ann, username: 'anne', email: null, name: null, oidc_claims: null });
  const second = await logIn('t');
  expect(await currentUser(bearer(second.body.access_token))).toMatchObject({
    body: { name: 'anne', body: { full_name: '' }, metadata: { email: null, oidc_claims: {} } },
  });
  expect(await accounts()).toHaveLength(1);
});

test('takes over the account that somebody had before, with what belongs to it', async () => {
  plane.users.set('t', { id: idOf(2), username: 'tester', email: 't@example.com', is_superuser: true });
  const { body } = await logIn('t');
  expect((await currentUser(bearer(body.access_token))).body.id).toBe(server.userId);
});

test('lets service accounts in by keys of the control plane, at log-in and with each request', async () => {
  plane.users.set('ZENPROKEY_x', { id: idOf(3), username: 'robot', is_service_account: true, name: 'Robot' });
  const exchanged = await sendForm(server, '/login', { password: 'ZENPROKEY_x' });
  expect(exchanged.status).toBe(200);
  expect(exchanged.headers.get('Set-Cookie')).toBeNull();
  for (const key of [String(exchanged.body['access_token']), 'ZENPROKEY_x']) {
    expect(await currentUser(bearer(key))).toMatchObject({
      status: 200,
      body: { name: 'robot', body: { is_service_account: true, is_admin: false } },
    });
  }
  const detail = ['CredentialsNotValid', 'Authentication error: Not authorized to access this server..'];
  expect(await currentUser(bearer('ZENPROKEY_other'))).toMatchObject({ status: 401, body: { detail } });
});

test('makes one account for several first log-ins at once', async () => {
  plane.users.set('t', { id: idOf(4), username: 'hasty', email: 'h@example.com' });
  plane.users.set('ZENPROKEY_h', { id: idOf(5), username: 'hasty', is_service_account: true });
  const answers = await Promise.all([
    ...Array.from({ length: 6 }, () => logIn('t')),
    ...Array.from({ length: 6 }, () => sendForm(server, '/login', { password: 'ZENPROKEY_h' })),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
  expect((await accounts()).filter(({ name }) => name === 'hasty')).toHaveLength(2);
});

test('refuses a name that somebody else has, and to take away the last administrator', async () => {
  plane.users.set('new', { id: idOf(6), username: 'nora', email: 'n@example.com' });
  expect((await logIn('new')).status).toBe(200);
  await server.database.db.updateTable('user').set({ is_admin: 0 }).where('name', '!=', 'tester').execute();
  const before = await accounts();
  plane.users.set('taken', { id: idOf(6), username: 'tester', email: 'n@example.com' });
  plane.users.set('demoted', { id: idOf(2), username: 'tester', email: 't@example.com' });
  const name = "Unable to update user account with name 'tester': Found an existing user account with this name.";
  expect(await logIn('taken')).toMatchObject({ status: 409, body: { detail: ['EntityExistsError', name] } });
  expect(await logIn('demoted')).toMatchObject({
    status: 403,
    body: { detail: ['IllegalOperationError', expect.stringContaining('only admin')] },
  });
  expect(await accounts()).toEqual(before);
});

test.each([
  [401, '', 'Not authorized to access this server.'],
  [403, '', 'Not authorized to access this server.'],
  [404, '', 'External authenticator did not recognize this server.'],
  [503, '', 'Error fetching user information from external authenticator. '],
  [200, 'no JSON', 'Unknown external authenticator error'],
  [200, '[]', 'Unknown external authenticator error'],
  [200, '{"id": "x", "username": "y"}', 'Unknown external authenticator error'],
])('lets nobody in where the control plane answers %d %s', async (status, body, message) => {
  const before = await accounts();
  plane.users.set('t', { status, body });
  const detail = ['AuthorizationException', message];
  expect(await logIn('t')).toMatchObject({ status: 401, body: { detail } });
  expect(await accounts()).toEqual(before);
});

test('knows no passwords and no devices', async () => {
  const password = await sendForm(server, '/login', { username: 'tester', password: 'x' });
  expect(password).toMatchObject({ status: 400, body: { detail: 'Unsupported grant type: password.' } });
  const device = await sendForm(server, '/device_authorization', { client_id: idOf(1) });
  expect(device).toMatchObject({ status: 403, body: { detail: 'Device authorization is not supported.' } });
});

test('leaves users to the control plane, but for their default project', async () => {
  plane.users.set('t', { id: idOf(7), username: 'carol', email: 'c@example.com' });
  const { body } = await logIn('t');
  const headers = bearer(body.access_token);
  const { id } = (await currentUser(headers)).body;
  for (const [method, path] of [
    ['POST', '/users'],
    ['PUT', `/users/${id}/activate`],
    ['DELETE', `/users/${id}`],
    ['PUT', '/current-user'],
  ] as const) {
    expect((await server.call(method, path, {}, headers)).status).toBe(405);
  }
  const update = { name: 'other', is_admin: true, default_project_id: server.projectId };
  expect(await server.call('PUT', `/users/${id}`, update, headers)).toMatchObject({
    status: 200,
    body: { name: 'carol', body: { is_admin: false, default_project_id: server.projectId } },
  });
});

test('gives up a control plane that is silent or away', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const failures: unknown[] = [];
  const settings = {
    headers: {},
    serverId: idOf(99),
    timeout: 50,
    onFailure: (error: unknown) => failures.push(error),
  };
  const message = 'Error fetching user information from external authenticator.';
  try {
    await expect(createExternalUsers({ ...settings, userInfoUrl: address })('t')).rejects.toThrow(message);
  } finally {
    silent.closeAllConnections();
    silent.close();
  }
  await expect(createExternalUsers({ ...settings, userInfoUrl: address })('t')).rejects.toThrow(message);
  expect(failures).toHaveLength(2);
});
