import { toDatabaseId } from '../../database/ids.ts';
import { bearer, logIn, sendForm, setPassword } from '../../testing/test-accounts.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

interface Key {
  id: string;
  body: { key: string | null; active: boolean };
  metadata: { last_login: string | null };
}

let server: TestServer;
let admin: Record<string, string>;

beforeAll(async () => {
  server = await startTestServer({ authenticateWith: {} });
  await setPassword(server, server.userId, 'secret');
  admin = bearer(await logIn(server, { username: 'tester', password: 'secret' }));
});

afterAll(() => server.stop());

let accounts = 0;

/** A service account with one key, and what can be done with them. */
async function account() {
  accounts += 1;
  const name = `account-${accounts}`;
  const { body } = await server.call<{ id: string }>('POST', '/service_accounts', { name, active: true }, admin);
  const path = `/service_accounts/${body.id}`;
  const made = await server.call<Key>('POST', `${path}/api_keys`, { name: 'ci' }, admin);
  const update = (suffix: string, changes: unknown) => server.call<Key>('PUT', `${path}${suffix}`, changes, admin);
  return {
    name,
    path,
    id: made.body.id,
    key: made.body.body.key ?? '',
    rotate: async (retain_period_minutes: number) =>
      (await update('/api_keys/ci/rotate', { retain_period_minutes })).body.body?.key ?? '',
    updateKey: (changes: unknown) => update('/api_keys/ci', changes),
    updateAccount: (changes: unknown) => update('', changes),
    show: () => server.call<Key>('GET', `${path}/api_keys/ci`, undefined, admin),
  };
}

const exchange = (key: string) =>
  sendForm<{ access_token: string }>(server, '/login', { grant_type: 'zenml-api-key', password: key });
const currentUser = (token: string) => server.call('GET', '/current-user', undefined, bearer(token));

describe('an API key', () => {
  test('is shown once, and stands for its account by itself and through its tokens', async () => {
    const { key, name, show } = await account();
    expect(key).toMatch(/^ZENKEY_/);
    expect((await show()).body).toMatchObject({ body: { key: null }, metadata: { last_login: null } });
    const { status, body } = await exchange(key);
    expect(status).toBe(200);
    for (const credential of [key, body.access_token]) {
      expect(await currentUser(credential)).toMatchObject({
        status: 200,
        body: { name, body: { is_service_account: true, is_admin: false } },
      });
    }
    expect((await show()).body.metadata.last_login).not.toBeNull();
  });

  test.each([
    ['of no key at all', () => 'ZENKEY_nonsense', 'error decoding API key'],
    ['with another secret', (key: string) => tamper(key, { key: 'wrong' }), 'could not verify key value'],
    [
      'that is not there',
      (key: string) => tamper(key, { id: '0b0b0b0b-1111-2222-3333-444444444444' }),
      'error retrieving',
    ],
  ])('a text %s is refused', async (_what, change, message) => {
    const wrong = change((await account()).key);
    for (const answer of [await exchange(wrong), await currentUser(wrong)]) {
      expect(answer).toMatchObject({
        status: 401,
        body: { detail: ['CredentialsNotValid', expect.stringContaining(message)] },
      });
    }
  });

  test('stays valid for its retain period after a rotation, with its tokens, and no longer', async () => {
    const { key, id, rotate } = await account();
    const token = (await exchange(key)).body.access_token;
    const next = await rotate(10);
    expect([(await exchange(key)).status, (await exchange(next)).status]).toEqual([200, 200]);
    expect((await currentUser(token)).status).toBe(200);

    await server.database.db
      .updateTable('api_key')
      .set({ last_rotated: '2020-01-01 00:00:00' })
      .where('id', '=', toDatabaseId(id))
      .execute();
    expect([(await exchange(key)).status, (await exchange(next)).status]).toEqual([401, 200]);
  });

  test('ends at once with a rotation without a retain period, with its tokens', async () => {
    const { key, rotate } = await account();
    const token = (await exchange(key)).body.access_token;
    expect((await currentUser(token)).status).toBe(200);
    const next = await rotate(0);
    expect([(await exchange(key)).status, (await currentUser(key)).status]).toEqual([401, 401]);
    expect(await currentUser(token)).toMatchObject({
      status: 401,
      body: { detail: ['CredentialsNotValid', expect.stringContaining('generation that is no longer valid')] },
    });
    expect((await currentUser(next)).status).toBe(200);
  });

  test('ends while it or its account is not active, and for good when it is deleted', async () => {
    const { key, path, updateKey, updateAccount } = await account();
    const token = (await exchange(key)).body.access_token;
    const statuses = async () => [(await currentUser(key)).status, (await currentUser(token)).status];
    for (const update of [updateKey, updateAccount]) {
      expect((await update({ active: false })).status).toBe(200);
      expect(await statuses()).toEqual([401, 401]);
      await update({ active: true });
      expect(await statuses()).toEqual([200, 200]);
    }
    expect((await server.call('DELETE', `${path}/api_keys/ci`, undefined, admin)).status).toBe(200);
    expect(await statuses()).toEqual([401, 401]);
  });

  test('is rotated by one of two that try at once', async () => {
    const { id, rotate } = await account();
    const keys = await Promise.all([rotate(0), rotate(0)]);
    const row = await server.database.db
      .selectFrom('api_key')
      .select('key_generation')
      .where('id', '=', toDatabaseId(id))
      .executeTakeFirstOrThrow();
    const valid = await Promise.all(keys.filter(Boolean).map(async (key) => (await exchange(key)).status));
    // One of two that meet is refused; of two that do not, the later key replaces the earlier.
    expect(valid.filter((status) => status === 200)).toHaveLength(1);
    expect(row.key_generation).toBeGreaterThan(1);
  });
});

/** A key with a part changed. */
function tamper(key: string, part: { id?: string; key?: string }): string {
  const content = JSON.parse(Buffer.from(key.slice('ZENKEY_'.length), 'base64').toString()) as object;
  return `ZENKEY_${Buffer.from(JSON.stringify({ ...content, ...part })).toString('base64')}`;
}
