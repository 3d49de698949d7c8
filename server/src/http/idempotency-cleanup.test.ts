import { randomUUID } from 'node:crypto';
import { instantAfter } from '../database/instants.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { cleanUp } from './idempotency-cleanup.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const remembered = async () => {
  const rows = await server.database.db.selectFrom('api_transaction').select('id').execute();
  return rows.length;
};

test('expired answers are deleted batch by batch, others stay', async () => {
  const { db } = server.database;
  for (const name of ['a', 'b', 'c', 'd']) {
    const body = { name, project: server.projectId };
    await server.call('POST', '/pipelines', body, { 'Idempotency-Key': randomUUID() });
  }
  const settings = { intervalSeconds: 1, batchSize: 2, budgetSeconds: 5 };
  await cleanUp(db, settings);
  expect(await remembered()).toBe(4);
  await db
    .updateTable('api_transaction')
    .set({ expired: instantAfter(-1) })
    .limit(3)
    .execute();
  await cleanUp(db, settings);
  expect(await remembered()).toBe(1);
  const answers = await db.selectFrom('api_transaction_result').select('id').execute();
  expect(answers).toHaveLength(1);
});
