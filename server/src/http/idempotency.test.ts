import { randomUUID } from 'node:crypto';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

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
