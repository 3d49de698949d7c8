import { sql } from 'kysely';
import { newId, toDatabaseId } from '../../database/ids.ts';
import { queueLaunches } from '../../testing/queued-launches.ts';
import { createRunnableSnapshot } from '../../testing/runnable-snapshots.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { claimLaunch } from './launch-store.ts';
import { noteQueuePositions, noteWhereWaiting } from './queue-positions.ts';

let server: TestServer;
let snapshotId: string;
beforeAll(async () => {
  server = await startTestServer({ queuesLaunches: true });
  const pipeline = await server.call('POST', '/pipelines', { project: server.projectId, name: 'train' });
  snapshotId = await createRunnableSnapshot(server, String(pipeline.body['id']));
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

async function reasonsOf(...runIds: string[]): Promise<unknown[]> {
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

test('of a long queue all are told that they wait, and how long at least', async () => {
  const project = newId();
  await queueLaunches(server.database.db, project, 49);
  const [last, further] = [await queueRun(project), await queueRun(project)];
  expect(await reasonsOf(last, further)).toEqual([before('49 runs are'), before('50 or more runs are')]);
});
