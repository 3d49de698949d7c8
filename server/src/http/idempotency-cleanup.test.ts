import { randomUUID } from 'node:crypto';
import { databaseTimeAfter } from '../database/database-time.ts';
import { shiftClock } from '../testing/shifted-clock.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { cleanUp } from './idempotency-cleanup.ts';

const SETTINGS = { intervalSeconds: 1, batchSize: 2, budgetSeconds: 5 };

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
  await cleanUp(db, SETTINGS);
  expect(await remembered()).toBe(4);
  await db
    .updateTable('api_transaction')
    .set({ expired: databaseTimeAfter(-1) })
    .limit(3)
    .execute();
  await cleanUp(db, SETTINGS);
  expect(await remembered()).toBe(1);
  const answers = await db.selectFrom('api_transaction_result').select('id').execute();
  expect(answers).toHaveLength(1);
});

test.each([7, -7])(
  'an answer is kept by the database’s time where a replica’s clock is %i minutes off',
  async (minutes) => {
    const before = await remembered();
    const setRight = shiftClock(minutes);
    try {
      const body = { name: `kept-${minutes}`, project: server.projectId };
      await server.call('POST', '/pipelines', body, { 'Idempotency-Key': randomUUID() });
      // A right one deletes what the other has written, and the other way round.
      setRight();
      await cleanUp(server.database.db, SETTINGS);
      shiftClock(minutes);
      await cleanUp(server.database.db, SETTINGS);
    } finally {
      setRight();
    }
    expect(await remembered()).toBe(before + 1);
  },
);
