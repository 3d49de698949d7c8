import { randomUUID } from 'node:crypto';
import { createDatabase } from '../database/database.ts';
import { fromDatabaseId } from '../database/ids.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing/test-database.ts';
import { stringify } from '../raw-json.ts';
import { insertUser, startTestServer, type TestServer } from '../testing/test-server.ts';
import { createUnitOfWork, type IdempotentRequest } from './unit-of-work.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

const create = (name: string, key: string) =>
  server.call('POST', '/pipelines', { name, project: server.projectId }, { 'Idempotency-Key': key });

describe('a request with an Idempotency-Key', () => {
  test('gets the first answer again, and its effect once', async () => {
    const key = randomUUID();
    const first = await create('twice', key);
    const second = await create('twice', key);
    expect(first.status).toBe(200);
    expect(second).toMatchObject({ status: 200, body: first.body });
  });

  test('is done once when it comes several times at once', async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 8 }, () => create('parallel', key)));
    const ids = new Set(answers.map((answer) => (answer.status === 200 ? answer.body['id'] : answer.status)));
    expect([...ids].filter((id) => id !== 429)).toHaveLength(1);
    const { body } = await server.call<{ total: number }>('GET', '/pipelines?name=parallel');
    expect(body.total).toBe(1);
  });

  test('is tried again after an error, which leaves nothing behind', async () => {
    const key = randomUUID();
    await create('taken', randomUUID());
    expect((await create('taken', key)).status).toBe(409);
    expect((await create('taken', key)).status).toBe(409);
    const rows = await server.database.db.selectFrom('api_transaction').selectAll().execute();
    expect(rows.map((row) => row.id)).not.toContain(key.replaceAll('-', ''));
  });

  test('is a request of its own under another path', async () => {
    const key = randomUUID();
    const first = await create('one', key);
    const tag = await server.call('POST', '/tags', { name: 'other' }, { 'Idempotency-Key': key });
    expect(tag.body['name']).toBe('other');
    expect(first.body['name']).toBe('one');
  });

  test('is refused where the key is no UUID', async () => {
    expect((await create('never', 'no-uuid')).status).toBe(422);
  });
});

describe('a request that comes again', () => {
  const LIFETIME = 60;
  let database: TestDatabase;
  let request: IdempotentRequest;

  beforeAll(async () => {
    database = await createTestDatabase({ lockTimeoutSeconds: 1 });
    const userId = fromDatabaseId(await insertUser(database, 'client'));
    request = { key: randomUUID(), method: 'POST', url: 'http://server/api/v1/pipelines', userId };
  });
  afterAll(() => database.drop());

  test('while the first one runs is to come later, and then gets its answer, also after a restart', async () => {
    const { promise: end, resolve: finish } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const again = async () => 'again';
    const unitOfWork = createUnitOfWork(database.db, LIFETIME);
    const first = unitOfWork(request, async () => {
      begin();
      await end;
      return 'first';
    });
    await begun;
    const busy = { status: 429, body: { error: expect.any(String) }, headers: { 'Retry-After': '1' } };
    await expect(unitOfWork(request, again)).rejects.toMatchObject(busy);
    finish();
    expect(await first).toBe('first');

    const restarted = createDatabase(database.config);
    const answer = await createUnitOfWork(restarted.db, LIFETIME)(request, again).finally(() => restarted.destroy());
    expect(stringify(answer)).toBe('"first"');
  });

  test.each<[string, Partial<IdempotentRequest>]>([
    ['by another method', { method: 'PUT' }],
    ['to another address', { url: 'http://server/api/v1/tags' }],
  ])('%s is another one', async (_how, change) => {
    const unitOfWork = createUnitOfWork(database.db, LIFETIME);
    expect(await unitOfWork({ ...request, ...change }, async () => 'other')).toBe('other');
  });
});
