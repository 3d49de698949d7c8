import { fromDatabaseId } from '../../database/ids.ts';
import { insertUser, startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let otherId: string;
let secretId: string;

beforeAll(async () => {
  server = await startTestServer();
  otherId = fromDatabaseId(await insertUser(server.database, 'other'));
  const { body } = await server.call<{ id: string }>('POST', '/secrets', {
    name: 'mine',
    private: true,
    values: { token: 'hidden' },
  });
  secretId = body.id;
});

afterAll(() => server.stop());

describe("another's private secret", () => {
  beforeEach(() => server.actAs(otherId));
  afterEach(() => server.actAs(undefined));

  test.each<[string, unknown]>([
    ['GET', undefined],
    ['PUT', { name: 'theirs' }],
    ['PUT', { private: false }],
    ['PUT', { values: { token: 'other' } }],
    ['DELETE', undefined],
  ])('is not there for %s %j, and stays as it is', async (method, body) => {
    const answer = await server.call(method, `/secrets/${secretId}`, body);
    expect(answer).toMatchObject({ status: 404, body: { detail: ['KeyError', expect.any(String)] } });
    expect(JSON.stringify(answer.body)).not.toContain('hidden');

    server.actAs(undefined);
    const unchanged = await server.call('GET', `/secrets/${secretId}`);
    expect(unchanged).toMatchObject({
      status: 200,
      body: { name: 'mine', body: { private: true, values: { token: 'hidden' } } },
    });
  });

  test('is in no list, whatever is asked for', async () => {
    for (const query of [
      '',
      '?name=mine',
      '?private=true',
      `?id=${secretId}`,
      `?user=${server.userId}`,
      '?name=mine&logical_operator=or&id=x',
    ]) {
      const { status, body } = await server.call(`GET`, `/secrets${query}`);
      expect([status, body['total']]).toEqual([200, 0]);
    }
  });

  test('leaves its name to others', async () => {
    const { status } = await server.call('POST', '/secrets', { name: 'mine', private: true, values: {} });
    expect(status).toBe(200);
  });

  test('is not what a component gets by a name that one’s own has too', async () => {
    await server.call('PATCH', '/flavors/sync');
    const secrets = ['same'];
    for (const user of [undefined, otherId]) {
      server.actAs(user);
      const made = await server.call('POST', '/secrets', { name: 'same', private: true, values: {} });
      const component = { type: 'artifact_store', flavor: 'local', configuration: {}, secrets };
      const { body } = await server.call('POST', '/components', { ...component, name: `of-${user}` });
      expect(body).toMatchObject({ metadata: { secrets: [made.body['id']] } });
    }
    // The first user's again, now that there are two.
    server.actAs(undefined);
    const component = { type: 'artifact_store', flavor: 'local', configuration: {}, secrets };
    expect((await server.call('POST', '/components', { ...component, name: 'again' })).status).toBe(200);
  });
});
