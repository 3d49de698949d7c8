import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { createDatabase, type DatabaseHandle } from '../../database/database.ts';
import { newId } from '../../database/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../database/testing/test-database.ts';
import { inTransaction } from '../../database/transaction.ts';
import { startDispatcher } from './dispatcher.ts';
import { enqueueLaunch } from './launch-store.ts';

let database: TestDatabase;
let replica: DatabaseHandle;
beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(() => {
  replica = createDatabase(database.config);
});
afterEach(async () => {
  await replica.destroy();
  await sql`delete from ws_launch`.execute(database.db);
});
afterAll(() => database.drop());

/** A replica that works on a launch whose image is being built, and will be for long. */
async function startBuilding() {
  const begun = Promise.withResolvers<AbortSignal>();
  const ids = { runId: newId(), projectId: newId(), snapshotId: newId(), userId: newId() };
  await inTransaction(database.db, (transaction) => enqueueLaunch(transaction, { ...ids, kind: 'start' }, 1));
  const logged: string[] = [];
  const dispatcher = startDispatcher({
    db: replica.db,
    startLaunch(_launch, signal) {
      begun.resolve(signal);
      return new Promise(() => undefined);
    },
    explainFailure: async () => '',
    failRun: async () => true,
    removeRunner: async () => undefined,
    log: pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) }),
    concurrency: 1,
    leaseSeconds: 1,
    stopPatience: 1,
  });
  return { dispatcher, signal: await begun.promise, logged };
}

test('a replica that stops leaves builders to whoever takes up their launches', async () => {
  const { dispatcher, signal } = await startBuilding();
  await dispatcher.stop();
  const { rows } = await sql`select 1 from ws_launch where status = 'queued' and claim is null`.execute(database.db);
  expect(rows).toHaveLength(1);
  // Longer than until it would have renewed its claim.
  await sleep(500);
  expect(signal.aborted).toBe(false);
});

test('a replica that stops without its database says what waits, and stops', async () => {
  const { dispatcher, logged } = await startBuilding();
  await replica.destroy();
  await dispatcher.stop();
  expect(logged.join('')).toContain('a launch is tried again when its claim ends');
});
