import { type ControlPlane, SERVER_SECRET, startControlPlane } from '../testing/test-control-plane.ts';
import { createControlPlaneClient } from './control-plane-client.ts';

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.stop());
beforeEach(() => {
  plane.takeAsked();
  plane.failures.length = 0;
});

const clientOf = (changes: { clientSecret?: string; apiUrl?: string; timeout?: number } = {}) =>
  createControlPlaneClient({
    apiUrl: plane.url,
    serverId: 'server',
    clientSecret: SERVER_SECRET,
    audience: 'audience',
    timeout: 5_000,
    headers: { 'zenml-server-id': 'server' },
    ...changes,
  });
const askedPaths = () => plane.takeAsked().map(({ method, url }) => `${method} ${url}`);
const failure = (status: number, body: unknown = {}) => ({ status, body });

test('logs in once for requests that come at once', async () => {
  const ask = clientOf();
  await Promise.all([
    ask('GET', '/a'),
    ask('GET', '/b', { params: { each: ['1', '2'] } }),
    ask('POST', '/c', { body: [1] }),
  ]);
  const asked = plane.takeAsked();
  expect(asked.map(({ method, url }) => `${method} ${url}`).sort()).toEqual([
    'GET /a',
    'GET /b?each=1&each=2',
    'POST /auth/login',
    'POST /c',
  ]);
  const form = 'client_id=server&client_secret=secret+of+the+server&audience=audience&grant_type=client_credentials';
  expect(asked.find(({ url }) => url === '/auth/login')?.body).toBe(form);
  expect(asked.find(({ url }) => url === '/c')).toMatchObject({
    body: '[1]',
    headers: { 'zenml-server-id': 'server' },
  });
});

test('logs in again where its token is refused', async () => {
  const ask = clientOf();
  await ask('GET', '/a');
  plane.failures.push(failure(401));
  await ask('GET', '/b');
  expect(askedPaths()).toEqual(['POST /auth/login', 'GET /a', 'GET /b', 'POST /auth/login', 'GET /b']);
});

test('tries again what was busy, and does not go on for ever', async () => {
  const ask = clientOf();
  plane.failures.push(failure(200, { access_token: 'server-1', expires_in: 3600 }), failure(503), failure(429));
  await ask('PATCH', '/a');
  expect(askedPaths()).toEqual(['POST /auth/login', 'PATCH /a', 'PATCH /a', 'PATCH /a']);
  const away = clientOf({ apiUrl: 'http://127.0.0.1:1', timeout: 50 });
  await expect(away('GET', '/a')).rejects.toMatchObject({
    name: 'RuntimeError',
    message: expect.stringContaining('central zenml pro service'),
  });
});

test.each([
  [402, 'SubscriptionUpgradeRequiredError'],
  [403, 'IllegalOperationError'],
  [404, 'RuntimeError'],
  [500, 'RuntimeError'],
])('an answer of %d is a %s', async (status, name) => {
  const ask = clientOf();
  await ask('GET', '/a');
  plane.failures.push(failure(status, { detail: 'why' }));
  await expect(ask('GET', '/b')).rejects.toMatchObject({ name });
});

test('says that its own log-in failed', async () => {
  await expect(clientOf({ clientSecret: 'wrong' })('GET', '/a')).rejects.toThrow('log-in of this server');
});
