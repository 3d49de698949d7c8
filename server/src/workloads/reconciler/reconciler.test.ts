import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { pino } from 'pino';
import { inTransaction } from '../../database/transaction.ts';
import { createRunStatusUpdates } from '../../features/runs/run-status-updates.ts';
import { createOnboarding } from '../../features/server/onboarding.ts';
import { createPipeline, createRunnableSnapshot } from '../../testing/runnable-snapshots.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { createFailRun } from '../dispatcher/failed-runs.ts';
import { claimLaunch, endLaunch } from '../dispatcher/launch-store.ts';
import { workloadName } from '../launch.ts';
import type { LastSeen, WorkloadStatus } from '../manager.ts';
import { type ReconcilerParts, startReconciler } from './reconciler.ts';

const failRun = createFailRun(createRunStatusUpdates(createOnboarding()));

let server: TestServer;
let snapshotId: string;
beforeAll(async () => {
  server = await startTestServer({ queuesLaunches: true });
  snapshotId = await createRunnableSnapshot(server, await createPipeline(server));
});
afterEach(() => sql`delete from ws_launch`.execute(server.database.db));
afterAll(() => server.stop());

/** Asks for a run, and launches it or gives that up. @returns its id in API form, and its workload that does not start */
async function launch(end: 'launched' | 'failed'): Promise<{ id: string; workload: WorkloadStatus }> {
  const { db } = server.database;
  const { body } = await server.call('POST', `/pipeline_snapshots/${snapshotId}/runs`, {});
  const claimed = await claimLaunch(db, 60);
  if (!claimed) throw new Error('nothing was queued');
  await inTransaction(db, async (transaction) => {
    await endLaunch(transaction, claimed, end);
    if (end === 'failed') await failRun(transaction, claimed, 'it may have no Secret');
  });
  return { id: String(body['id']), workload: pendingOf(String(body['id'])) };
}

function pendingOf(runId: string): WorkloadStatus {
  const since = new Date(Date.now() - 600_000);
  return { name: workloadName(runId, 1), runId, launchNumber: 1, phase: 'pending', reason: undefined, since };
}

const NOTHING: LastSeen = { events: [], lastLines: [] };

/** Compares once, with a cluster that has these workloads. @returns which of them were removed */
async function compareWith(
  workloads: readonly WorkloadStatus[],
  {
    lastSeen = async () => NOTHING,
    remove = async () => undefined,
    list = async () => workloads,
  }: Partial<ReconcilerParts['manager']> = {},
): Promise<readonly string[]> {
  const removed: string[] = [];
  const compared = Promise.withResolvers<void>();
  let comparisons = 0;
  const reconciler = startReconciler({
    db: server.database.db,
    manager: {
      async list() {
        comparisons += 1;
        if (comparisons === 2) compared.resolve();
        return list();
      },
      async status(name) {
        const seen = workloads.find((workload) => workload.name === name);
        if (!seen) throw new Error(`${name} is not there`);
        return seen;
      },
      lastSeen,
      async remove(name) {
        await remove(name);
        removed.push(name);
      },
      onChange: () => () => undefined,
    },
    failRun,
    log: pino({ level: 'silent' }),
    startTimeoutSeconds: 180,
    interval: 1,
  });
  await compared.promise;
  await reconciler.stop();
  return [...new Set(removed)];
}

const statusOf = async (id: string) =>
  (await server.call<{ body: { status: string } }>('GET', `/runs/${id}`)).body.body.status;

test('a run that does not start in time fails, and its workload is removed', async () => {
  const { id, workload } = await launch('launched');
  expect(await compareWith([workload])).toEqual([workload.name]);
  expect(await statusOf(id)).toBe('failed');
});

test('a run that begins while its cluster is asked what was seen of it goes on, and keeps its workload', async () => {
  const { id, workload } = await launch('launched');
  const lastSeen = async () => {
    await server.call('PUT', `/runs/${id}`, { status: 'provisioning', orchestrator_run_id: 'one' });
    return NOTHING;
  };
  expect(await compareWith([workload], { lastSeen })).toEqual([]);
  expect(await statusOf(id)).toBe('provisioning');
});

test('what is there of a launch that was given up is removed', async () => {
  const { id, workload } = await launch('failed');
  expect(await statusOf(id)).toBe('failed');
  expect(await compareWith([workload])).toEqual([workload.name]);
});

test('what the watch has not shown yet of a launch that was given up is removed', async () => {
  const { workload } = await launch('failed');
  expect(await compareWith([workload], { list: async () => [] })).toEqual([workload.name]);
});

test('a workload that cannot be removed keeps no other one', async () => {
  const [stuck, other] = [pendingOf(randomUUID()), pendingOf(randomUUID())];
  const remove = async (name: string) => {
    if (name === stuck.name) throw new Error('connect ECONNREFUSED');
  };
  expect(await compareWith([stuck, other], { remove })).toEqual([other.name]);
});
