import { randomUUID } from 'node:crypto';
import { fromDatabaseId } from '../../database/ids.ts';
import { bearer, logIn, sendForm, setPassword } from '../../testing/test-accounts.ts';
import { insertUser, startTestServer, type TestServer } from '../../testing/test-server.ts';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const SDK_AGENT = 'Host/laptop ZenML/0.98.0 Python/3.11.2 OS/Linux';

interface Codes {
  device_code: string;
  user_code: string;
  verification_uri_complete: string;
}

let server: TestServer;
let mine: Record<string, string>;
let others: Record<string, string>;

beforeAll(async () => {
  server = await startTestServer({
    authenticateWith: {
      ZENML_SERVER_SERVER_URL: 'https://zenml.example.com',
      ZENML_SERVER_JWT_TOKEN_EXPIRE_MINUTES: '60',
      ZENML_SERVER_DEVICE_EXPIRATION_MINUTES: '30',
      ZENML_SERVER_TRUSTED_DEVICE_EXPIRATION_MINUTES: '90',
    },
  });
  const otherId = fromDatabaseId(await insertUser(server.database, 'other'));
  await setPassword(server, server.userId, 'secret');
  await setPassword(server, otherId, 'secret');
  mine = bearer(await logIn(server, { username: 'tester', password: 'secret' }));
  others = bearer(await logIn(server, { username: 'other', password: 'secret' }));
});

afterAll(() => server.stop());

/** A device that waits to be confirmed. */
async function authorize(clientId: string = randomUUID()) {
  const { status, body } = await sendForm<Codes>(
    server,
    '/device_authorization',
    { client_id: clientId },
    { 'User-Agent': SDK_AGENT },
  );
  expect(status).toBe(200);
  const deviceId = new URL(body.verification_uri_complete).searchParams.get('device_id') ?? '';
  return { ...body, clientId, deviceId };
}

type Device = Awaited<ReturnType<typeof authorize>>;

const poll = ({ clientId, device_code }: Pick<Device, 'clientId' | 'device_code'>) =>
  sendForm(server, '/login', { grant_type: DEVICE_GRANT, client_id: clientId, device_code });

const verify = ({ deviceId, user_code }: Pick<Device, 'deviceId' | 'user_code'>, headers = mine) =>
  server.call('PUT', `/devices/${deviceId}/verify`, { user_code }, headers);

async function expire({ deviceId }: Device) {
  const id = deviceId.replaceAll('-', '');
  await server.database.db
    .updateTable('auth_devices')
    .set({ expires: '2020-01-01 00:00:00' })
    .where('id', '=', id)
    .execute();
}

describe('the device flow', () => {
  test('leads from the codes to a token', async () => {
    const device = await authorize();
    expect(device.verification_uri_complete).toMatch(/^https:\/\/zenml\.example\.com\/devices\/verify\?device_id=/);
    expect(await poll(device)).toMatchObject({ status: 400, body: { error: 'authorization_pending' } });

    const confirmed = await verify(device);
    expect(confirmed).toMatchObject({
      status: 200,
      body: {
        id: device.deviceId,
        body: { status: 'verified', user_id: server.userId, hostname: 'laptop', os: 'Linux', trusted_device: false },
        metadata: { python_version: '3.11.2', zenml_version: '0.98.0', failed_auth_attempts: 0, last_login: null },
        resources: { user: { name: 'tester' } },
      },
    });
    expect(JSON.stringify(confirmed.body)).not.toContain('_code');

    const answer = await poll(device);
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'bearer', expires_in: 1800 } });
    expect(answer.headers.get('Set-Cookie')).toBeNull();
    const token = bearer(String(answer.body['access_token']));
    expect(await server.call('GET', '/current-user', undefined, token)).toMatchObject({ body: { name: 'tester' } });
    const settings = await server.call<string[]>('GET', '/onboarding_state', undefined, token);
    expect(settings.body).toContain('device_verified');
  });

  test('trusts a device for longer where its user does, and then no more', async () => {
    const device = await authorize();
    const trusted = { user_code: device.user_code, trusted_device: true };
    const confirmed = await server.call('PUT', `/devices/${device.deviceId}/verify`, trusted, mine);
    expect(confirmed.body).toMatchObject({ body: { trusted_device: true } });
    const answer = await poll(device);
    expect(answer.body).toMatchObject({ expires_in: 5400 });
    const own = () => server.call('GET', '/current-user', undefined, bearer(String(answer.body['access_token'])));
    expect((await own()).status).toBe(200);
    await expire(device);
    // What a token proves is kept for a moment: a change puts an end to that.
    await server.call('PUT', `/devices/${device.deviceId}`, { locked: false }, mine);
    expect(await own()).toMatchObject({
      status: 401,
      body: { detail: ['CredentialsNotValid', expect.stringContaining('has expired')] },
    });
  });

  test('gives a token once, also to two that ask at once', async () => {
    const device = await authorize();
    await verify(device);
    const answers = await Promise.all([poll(device), poll(device), poll(device)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    expect(await poll(device)).toMatchObject({ status: 400, body: { error: 'expired_token' } });
  });

  test('ends for a device that is locked or deleted', async () => {
    const device = await authorize();
    await verify(device);
    const token = bearer(String((await poll(device)).body['access_token']));
    const own = () => server.call('GET', '/current-user', undefined, token);
    expect((await own()).status).toBe(200);
    const lock = (locked: boolean) => server.call('PUT', `/devices/${device.deviceId}`, { locked }, mine);
    expect(await lock(true)).toMatchObject({ status: 200, body: { body: { status: 'locked' } } });
    expect(await own()).toMatchObject({ status: 401, body: { detail: ['CredentialsNotValid', expect.any(String)] } });
    await lock(false);
    expect((await own()).status).toBe(200);
    expect((await server.call('DELETE', `/devices/${device.deviceId}`, undefined, mine)).status).toBe(200);
    expect((await own()).status).toBe(401);
  });

  test('starts anew for a client that comes again, whose token ends', async () => {
    const first = await authorize();
    await verify(first);
    const token = bearer(String((await poll(first)).body['access_token']));
    const second = await authorize(first.clientId);
    expect(second.deviceId).toBe(first.deviceId);
    expect((await server.call('GET', '/current-user', undefined, token)).status).toBe(401);
    expect(await verify(first)).toMatchObject({ status: 400 });
    expect(await verify(second, others)).toMatchObject({
      status: 400,
      body: { detail: ['ValueError', 'Invalid request: this device is associated with another user.'] },
    });
    expect((await verify(second)).status).toBe(200);
  });
});

describe('wrong codes', () => {
  test('lock a device on the third user code', async () => {
    const device = await authorize();
    const wrong = { ...device, user_code: 'wrong' };
    const messages = [];
    for (let attempt = 0; attempt < 3; attempt++) messages.push((await verify(wrong)).body['detail']);
    const refused = ['ValueError', 'Invalid request: invalid user code.'];
    const locked = ['ValueError', 'Invalid request: device locked due to too many failed authentication attempts.'];
    expect(messages).toEqual([refused, refused, locked]);
    expect((await verify(device)).body['detail']).toEqual([
      'ValueError',
      'Invalid request: device not pending verification.',
    ]);
    expect(await poll(device)).toMatchObject({ status: 400, body: { error: 'access_denied' } });
  });

  test('lock a device on the third device code', async () => {
    const device = await authorize();
    await verify(device);
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(await poll({ ...device, device_code: 'wrong' })).toMatchObject({
        status: 400,
        body: { error: 'access_denied', error_uri: null },
      });
    }
    expect(await poll(device)).toMatchObject({ status: 400, body: { error: 'access_denied' } });
  });

  test('are told from a client that is not known', async () => {
    const answer = await poll({ clientId: randomUUID(), device_code: 'x' });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_client' } });
  });
});

test('a device that was not confirmed in time neither logs in nor stays', async () => {
  const device = await authorize();
  await expire(device);
  expect((await verify(device)).body['detail']).toEqual([
    'ValueError',
    'Invalid request: device verification expired.',
  ]);
  await authorize();
  expect((await verify(device)).status).toBe(404);
});

test('a device that was confirmed but has expired does not log in', async () => {
  const device = await authorize();
  await verify(device);
  await expire(device);
  expect(await poll(device)).toMatchObject({ status: 400, body: { error: 'expired_token' } });
});

describe('who sees a device', () => {
  const get = ({ deviceId }: Device, headers = mine, query = '') =>
    server.call('GET', `/devices/${deviceId}${query}`, undefined, headers);

  test('before it is confirmed, only who knows its user code', async () => {
    const device = await authorize();
    expect((await get(device, others, `?user_code=${device.user_code}`)).status).toBe(200);
    expect((await get(device, others, '?user_code=wrong')).status).toBe(404);
    expect((await get(device, others)).status).toBe(404);
  });

  test('then only its user', async () => {
    const device = await authorize();
    await verify(device);
    expect((await get(device)).status).toBe(200);
    expect((await get(device, others, `?user_code=${device.user_code}`)).status).toBe(404);
    expect((await server.call('PUT', `/devices/${device.deviceId}`, { locked: true }, others)).status).toBe(404);
    expect((await server.call('DELETE', `/devices/${device.deviceId}`, undefined, others)).status).toBe(404);
    const list = await server.call<{ total: number }>('GET', '/devices', undefined, others);
    expect(list.body.total).toBe(0);
  });
});
