import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { newId, toDatabaseId } from '../../database/ids.ts';
import { inTransaction } from '../../database/transaction.ts';
import { queueLaunches } from '../../testing/queued-launches.ts';
import { createPipeline, createRunnableSnapshot } from '../../testing/runnable-snapshots.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { cancelLaunches, claimLaunch } from './launch-store.ts';
import { noteQueuePositions, noteWhereWaiting } from './queue-positions.ts';

let server: TestServer;
let snapshotId: string;
beforeAll(async () => {
  server = await startTestServer({ queuesLaunches: true });
  snapshotId = await createRunnableSnapshot(server, await createPipeline(server));
});
beforeEach(() => sql`delete from ws_launch`.execute(server.database.db));
afterAll(() => server.stop());

const NEXT = 'Queued for snapshot execution: it is the next.';
const before = (runs: string) => `Queued for snapshot execution: ${runs} before it.`;

/** Puts a run in the queue of a project. @returns its id in API form */
async function queueRun(projectId: string): Promise<string> {
  const { body } = await server.call('POST', `/pipeline_snapshots/${snapshotId}/runs`, {});
  await sql`update ws_launch set project_id = ${projectId} where run_id = ${toDatabaseId(String(body['id']))}`.execute(
    server.database.db,
  );
  return String(body['id']);
}

async function queueRuns(projectId: string, count: number): Promise<readonly string[]> {
  const runIds: string[] = [];
  while (runIds.length < count) runIds.push(await queueRun(projectId));
  return runIds;
}

async function reasonsOf(...runIds: readonly string[]): Promise<unknown[]> {
  await noteQueuePositions(server.database.db);
  const runs = await Promise.all(
    runIds.map((id) => server.call<{ body: Record<string, unknown> }>('GET', `/runs/${id}`)),
  );
  return runs.map(({ body }) => body.body['status_reason']);
}

async function claim(seconds = 60): Promise<string | undefined> {
  return (await claimLaunch(server.database.db, seconds))?.projectId;
}

test('the places are those in which runs are claimed: a project that was just served comes after the others', async () => {
  const [busy, quiet] = [newId(), newId()];
  await queueRun(busy);
  const [second, third] = [await queueRun(busy), await queueRun(busy)];
  expect(await claim()).toBe(busy);
  const other = await queueRun(quiet);
  expect(await reasonsOf(other, second, third)).toEqual([NEXT, before('1 run is'), before('2 runs are')]);
  expect([await claim(), await claim(), await claim()]).toEqual([quiet, busy, busy]);
});

test('a launch whose replica has died waits again', async () => {
  const [first, second] = [await queueRun(newId()), await queueRun(newId())];
  await claim(0);
  expect(await reasonsOf(first, second)).toEqual([before('1 run is'), NEXT]);
});

test('what was claimed meanwhile keeps what it says of itself', async () => {
  const run = await queueRun(newId());
  const launch = await claimLaunch(server.database.db, 60);
  await noteWhereWaiting(server.database.db, [launch?.id ?? ''], NEXT);
  expect(await reasonsOf(run)).toEqual(['Queued for snapshot execution.']);
});

test('a place is noted once more where that and a stop of the run have waited for each other', async () => {
  const { db } = server.database;
  const runIds = (await queueRuns(newId(), 3)).map(toDatabaseId);
  const [runId = ''] = runIds;
  const { rows } = await sql<{ id: string }>`select id from ws_launch where run_id = ${runId}`.execute(db);
  const launchIds = rows.map(({ id }) => id);
  const isLaunchHeld = async () =>
    (await sql`select 1 from ws_launch where run_id = ${runId} for update skip locked`.execute(db)).rows.length === 0;
  let noted: Promise<void> | undefined;
  await inTransaction(db, async (transaction) => {
    // Several runs: the database ends the transaction that has changed less.
    await sql`update pipeline_run set status = 'stopped' where id in (${sql.join(runIds)})`.execute(transaction);
    noted ??= noteWhereWaiting(db, launchIds, NEXT);
    while (!(await isLaunchHeld())) await sleep(5);
    await cancelLaunches(transaction, runId);
  });
  await expect(noted).resolves.toBeUndefined();
});

test('of a long queue all are told that they wait, and how long at least', async () => {
  const project = newId();
  await queueLaunches(server.database.db, project, 49);
  const runs = await queueRuns(project, 52);
  const [last, ...further] = await reasonsOf(...runs);
  expect(last).toBe(before('49 runs are'));
  expect(new Set(further)).toEqual(new Set([before('50 or more runs are')]));
});
