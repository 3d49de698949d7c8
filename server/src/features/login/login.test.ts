import { sql } from 'kysely';
import { bearer, sendForm, setPassword } from '../../testing/test-accounts.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

const PASSWORD = { username: 'tester', password: 'secret' };
const FOREIGN_PAGE = { Origin: 'https://elsewhere.example.org' };

let server: TestServer;

const start = async (environment: Record<string, string>) => {
  server = await startTestServer({ authenticateWith: environment });
  await setPassword(server, server.userId, 'secret');
};
const currentUser = (headers: Record<string, string>) => server.call('GET', '/current-user', undefined, headers);

describe('log-in', () => {
  beforeAll(() => start({ ZENML_SERVER_SERVER_URL: 'https://zenml.example.com' }));
  afterAll(() => server.stop());

  test('tells a user that is not there from a wrong password by nothing', async () => {
    const answers = await Promise.all([
      sendForm(server, '/login', { username: 'nobody', password: 'x' }),
      sendForm(server, '/login', { ...PASSWORD, password: 'x' }),
    ]);
    for (const { status, body } of answers) {
      const message = 'Authentication error: invalid username or password';
      expect({ status, body }).toEqual({ status: 401, body: { detail: ['CredentialsNotValid', message] } });
    }
  });

  test.each([
    ['no user name', {}, 'Invalid request: username is required.'],
    ['a grant that is not known', { grant_type: 'magic' }, 'Unsupported grant type: magic'],
    [
      'a device without its code',
      { grant_type: 'urn:ietf:params:oauth:grant-type:device_code' },
      'Invalid request: device code and client ID are required.',
    ],
    ['a key grant without a key', { grant_type: 'zenml-api-key' }, 'API key is required.'],
  ])('refuses %s', async (_what, form, detail) => {
    expect(await sendForm(server, '/login', form)).toMatchObject({ status: 400, body: { detail } });
  });

  test('keeps the session of the own page in a cookie', async () => {
    const { status, headers, body } = await sendForm(server, '/login', PASSWORD, {
      Origin: 'https://zenml.example.com',
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: null,
      refresh_token: null,
      csrf_token: null,
      scope: null,
      device_id: null,
      device_metadata: null,
    });
    const cookie = headers.get('Set-Cookie') ?? '';
    expect(cookie).toMatch(/^zenml-server-[0-9a-f-]{36}=.*; HttpOnly; SameSite=Lax$/);
    expect((await currentUser({ Cookie: cookie.split(';')[0] ?? '' })).status).toBe(200);

    const ended = await server.call('GET', '/logout');
    expect(ended.headers.get('Set-Cookie')).toMatch(/^zenml-server-[0-9a-f-]{36}=; Max-Age=0/);
  });

  test('asks the session of a foreign page for its CSRF token', async () => {
    const { headers, body } = await sendForm(server, '/login', PASSWORD, FOREIGN_PAGE);
    const cookie = { Cookie: (headers.get('Set-Cookie') ?? '').split(';')[0] ?? '' };
    expect(headers.get('Set-Cookie')).toMatch(/; HttpOnly; Secure; SameSite=None$/);
    const other = await sendForm(server, '/login', PASSWORD, FOREIGN_PAGE);

    expect(await currentUser(cookie)).toMatchObject({
      status: 401,
      body: { detail: ['CredentialsNotValid', 'Authentication error: missing CSRF token'] },
    });
    for (const token of ['forged', String(other.body['csrf_token'])]) {
      expect((await currentUser({ ...cookie, 'X-CSRF-Token': token })).status).toBe(401);
    }
    const withToken = { ...cookie, 'X-CSRF-Token': String(body['csrf_token']) };
    expect((await currentUser(withToken)).status).toBe(200);
    expect((await currentUser(cookie)).status).toBe(401);
    expect((await currentUser(bearer(String(body['access_token'])))).status).toBe(401);
  });
});

describe('limits', () => {
  beforeAll(() => start({ ZENML_SERVER_RATE_LIMIT_ENABLED: 'true', ZENML_SERVER_LOGIN_RATE_LIMIT_MINUTE: '3' }));
  afterAll(() => server.stop());

  const fail = () => sendForm(server, '/login', { ...PASSWORD, password: 'x' });
  const succeed = () => sendForm(server, '/login', PASSWORD);

  test('start anew with a success, and hold even for what is right', async () => {
    expect([(await fail()).status, (await fail()).status, (await succeed()).status]).toEqual([401, 401, 200]);
    expect([(await fail()).status, (await fail()).status, (await fail()).status]).toEqual([401, 401, 401]);
    const limited = await succeed();
    expect(limited).toMatchObject({ status: 429, body: { detail: 'Minute request limit exceeded.' } });
    expect(Number(limited.headers.get('Retry-After'))).toBeGreaterThan(0);
  });

  test('do not count a form that is not one', async () => {
    expect((await sendForm(server, '/login', { grant_type: 'magic' })).status).toBe(400);
  });

  test('end with their window', async () => {
    await sql`update ws_rate_limit set ends = utc_timestamp() - interval 1 second`.execute(server.database.db);
    expect((await succeed()).status).toBe(200);
  });

  test('hold when several try at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, fail));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(5);
  });
});

describe('limits behind a proxy', () => {
  const limited = { ZENML_SERVER_RATE_LIMIT_ENABLED: 'true', ZENML_SERVER_LOGIN_RATE_LIMIT_MINUTE: '1' };
  const failFrom = async (client: string) => {
    const headers = { 'X-Forwarded-For': client };
    return (await sendForm(server, '/login', { ...PASSWORD, password: 'x' }, headers)).status;
  };
  afterEach(() => server.stop());

  test.each([
    ['hold for each client, where the proxy is one that is known', '127.0.0.0/8', [401, 429, 401]],
    ['do not believe what a client says of itself', '192.0.2.0/24', [401, 429, 429]],
  ])('%s', async (_what, proxies, statuses) => {
    await start({ ...limited, FORWARDED_ALLOW_IPS: proxies });
    const seen = [];
    for (const client of ['203.0.113.1', '203.0.113.1', '203.0.113.2']) seen.push(await failFrom(client));
    expect(seen).toEqual(statuses);
  });
});

describe('HTTP_BASIC', () => {
  beforeAll(() => start({ ZENML_SERVER_AUTH_SCHEME: 'HTTP_BASIC' }));
  afterAll(() => server.stop());

  const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });

  test('takes name and password with each request', async () => {
    expect(await currentUser(basic('tester:secret'))).toMatchObject({ status: 200, body: { name: 'tester' } });
    expect((await currentUser(basic('tester:wrong'))).status).toBe(401);
    for (const headers of [{}, basic('tester'), { Authorization: 'Bearer x' }]) {
      const answer = await currentUser(headers as Record<string, string>);
      expect(answer).toMatchObject({ status: 401, body: { detail: 'Not authenticated' } });
      expect(answer.headers.get('WWW-Authenticate')).toBe('Basic');
    }
  });
});

describe('NO_AUTH', () => {
  beforeAll(() => start({ ZENML_SERVER_AUTH_SCHEME: 'NO_AUTH', ZENML_DEFAULT_USER_NAME: 'tester' }));
  afterAll(() => server.stop());

  test('lets everybody in as the default user, but no devices', async () => {
    expect(await currentUser({})).toMatchObject({ status: 200, body: { name: 'tester' } });
    const client = { client_id: server.userId };
    expect(await sendForm(server, '/device_authorization', client)).toMatchObject({
      status: 403,
      body: { detail: 'Device authorization is not supported.' },
    });
  });
});
