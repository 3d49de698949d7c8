import { sql } from 'kysely';
import { newId } from '../../database/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../database/testing/test-database.ts';
import { inTransaction } from '../../database/transaction.ts';
import { claimLaunch, endLaunch, enqueueLaunch, postponeLaunch, renewClaim } from './launch-store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(() => sql`delete from ws_launch`.execute(database.db));
afterAll(() => database.drop());

const queue = (projectId: string, runId = newId()) =>
  inTransaction(database.db, (transaction) =>
    enqueueLaunch(transaction, { runId, projectId, snapshotId: newId(), userId: newId(), kind: 'start' }, 100),
  );
const claim = (seconds = 60) => claimLaunch(database.db, seconds);

test('projects take turns, whoever came first', async () => {
  const [busy, quiet] = [newId(), newId()];
  for (let run = 0; run < 4; run++) await queue(busy);
  await queue(quiet);
  const order = [];
  for (let launch = await claim(); launch; launch = await claim())
    order.push(launch.projectId === busy ? 'busy' : 'quiet');
  expect(order).toEqual(['busy', 'quiet', 'busy', 'busy', 'busy']);
});

test('many claim at once, and each launch is claimed once', async () => {
  const queued = await Promise.all(Array.from({ length: 12 }, (_value, index) => queue(String(index % 3).repeat(32))));
  const claimed = await Promise.all(Array.from({ length: 24 }, () => claim()));
  const ids = claimed.flatMap((launch) => launch?.id ?? []);
  expect(new Set(ids).size).toBe(ids.length);
  for (let launch = await claim(); launch; launch = await claim()) ids.push(launch.id);
  expect(ids.sort()).toEqual(queued.map(({ id }) => id).sort());
});

test('a claim that has ended is another’s, and the first one cannot end the launch any more', async () => {
  await queue(newId());
  const first = await claim(0);
  const second = await claim();
  if (!first || !second) throw new Error('not claimed');
  expect(second).toMatchObject({ id: first.id, attempts: 1 });
  expect(await renewClaim(database.db, first, 60)).toBe(false);
  expect(await endLaunch(database.db, first, 'launched')).toBe(false);
  expect(await renewClaim(database.db, second, 60)).toBe(true);
  expect(await endLaunch(database.db, second, 'launched')).toBe(true);
  expect(await claim()).toBeUndefined();
});

test('a launch that is put off is not due before', async () => {
  await queue(newId());
  const launch = await claim();
  if (!launch) throw new Error('not claimed');
  await postponeLaunch(database.db, launch, 60);
  expect(await claim()).toBeUndefined();
  await postponeLaunch(database.db, launch, 0);
});

test('launches of a run are numbered', async () => {
  const runId = newId();
  expect([(await queue(newId(), runId)).number, (await queue(newId(), runId)).number]).toEqual([1, 2]);
});
