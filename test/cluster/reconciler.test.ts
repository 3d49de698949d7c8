import { pino } from 'pino';
import { toDatabaseId } from '../../server/src/database/ids.ts';
import { inTransaction } from '../../server/src/database/transaction.ts';
import { createRunStatusUpdates } from '../../server/src/features/runs/run-status-updates.ts';
import { createOnboarding } from '../../server/src/features/server/onboarding.ts';
import { createRunnableSnapshot } from '../../server/src/testing/runnable-snapshots.ts';
import { startTestServer, type TestServer } from '../../server/src/testing/test-server.ts';
import { testOwner } from '../../server/src/testing/test-workloads.ts';
import { createFailRun } from '../../server/src/workloads/dispatcher/failed-runs.ts';
import { claimLaunch, endLaunch } from '../../server/src/workloads/dispatcher/launch-store.ts';
import type { JobSettings } from '../../server/src/workloads/kubernetes/settings.ts';
import { workloadName } from '../../server/src/workloads/launch.ts';
import { createRunnerLog } from '../../server/src/workloads/logs/runner-log.ts';
import { type Reconciler, startReconciler } from '../../server/src/workloads/reconciler/reconciler.ts';
import { shell, startManager, startWorkspace, until, type Watched, type Workspace } from './workspace.ts';

interface Run {
  id: string;
  body: { status: string; status_reason: string | null };
}

/** Seconds that a pod may take to start on a machine that has other things to do, too. */
const TIMEOUT = 120;
const WAIT = 'trap "exit 143" TERM; sleep 300 & wait';

let workspace: Workspace;
let server: TestServer;
let snapshot: string;
const watchings: Watching[] = [];

beforeAll(async () => {
  workspace = await startWorkspace();
  server = await startTestServer({ queuesLaunches: true });
  const pipeline = await server.call('POST', '/pipelines', { project: server.projectId, name: 'train' });
  snapshot = await createRunnableSnapshot(server, String(pipeline.body['id']));
});

afterAll(async () => {
  await server?.stop();
  await workspace?.stop();
});

/** What one of the tests works with: a namespace of its own, its manager, and what keeps runs and Jobs in agreement. */
interface Watching extends Watched {
  readonly reconciler: Reconciler;
}

async function watch(namespace: string, given: Partial<JobSettings> = {}, timeout = TIMEOUT): Promise<Watching> {
  const watched = await startManager(await workspace.namespace(namespace), { namespace, ...given });
  const reconciler = startReconciler({
    db: server.database.db,
    manager: watched.manager,
    failRun: createFailRun(createRunStatusUpdates(createOnboarding())),
    log: pino({ level: 'fatal' }),
    startTimeoutSeconds: timeout,
    interval: 500,
  });
  const watching = { ...watched, reconciler };
  watchings.push(watching);
  return watching;
}

/** One that went on would fail the runs of other tests, whose Jobs it does not know. */
afterEach(async () => {
  for (const { reconciler, manager } of watchings.splice(0)) {
    await reconciler.stop();
    await manager.stop();
  }
});

/** Asks for a run, and does what the dispatcher does. @returns the run's id and the name of its workload */
async function launch({ manager }: Watching, script = WAIT): Promise<{ id: string; name: string }> {
  const { body } = await server.call<Run>('POST', `/pipeline_snapshots/${snapshot}/runs`, {});
  const { db } = server.database;
  const claimed = await claimLaunch(db, 60);
  if (claimed?.runId !== toDatabaseId(body.id)) throw new Error('another launch waits');
  const name = workloadName(body.id, 1);
  await manager.launch({ ...shell(name, script), runId: body.id, describedBy: testOwner(body.id) });
  await inTransaction(db, (transaction) => endLaunch(transaction, claimed, 'launched'));
  return { id: body.id, name };
}

/** What the log of a run's runner tells. */
async function logOf({ manager }: Watching, id: string): Promise<readonly string[]> {
  const { items } = await createRunnerLog(server.database.db, manager).readPage(toDatabaseId(id), { limit: 100 });
  return items.map(({ message }) => message);
}

const read = async (id: string) => (await server.call<Run>('GET', `/runs/${id}`)).body.body;
const isFailed = async (id: string) => (await read(id)).status === 'failed';
const remainsOf = async (namespace: string, name: string) =>
  (
    await workspace.cluster.kubectl(
      '-n',
      namespace,
      'get',
      'jobs,pods,secrets',
      '-l',
      `zenml.io/workload=${name}`,
      '-o',
      'name',
    )
  ).trim();

test('a run whose pod no node takes fails when it has waited for long enough, and leaves nothing', async () => {
  const watching = await watch('no-node', { nodeSelector: { 'node-pool': 'none' } }, 15);
  const { id, name } = await launch(watching);
  await until(async () =>
    /^Waiting for its runner to start: no node can run/.test((await read(id)).status_reason ?? ''),
  );
  await until(() => isFailed(id));
  expect((await read(id)).status_reason).toMatch(/has not started within 15 s: no node can run its pod: 0\/1 nodes/);
  expect((await logOf(watching, id)).join('\n')).toMatch(/Warning FailedScheduling of pod \S+: 0\/1 nodes/);
  await until(async () => (await remainsOf('no-node', name)) === '');
});

test('a run whose Job is deleted by hand before it begins fails; one that its orchestrator has goes on', async () => {
  const watching = await watch('by-hand');
  const [lost, begun] = [await launch(watching, `echo "epoch 1 of 9"; ${WAIT}`), await launch(watching)];
  await server.call('PUT', `/runs/${begun.id}`, { status: 'provisioning' });
  for (const { name } of [lost, begun]) {
    await watching.reaches(name, 'running');
    await workspace.cluster.kubectl('-n', 'by-hand', 'delete', 'job', name);
  }
  await until(() => isFailed(lost.id));
  expect((await read(lost.id)).status_reason).toMatch(
    /^Failed to start run: (its runner is gone|its pod was deleted|its process ended).*epoch 1 of 9.*; last event: (Killing|MissingClusterDNS)/,
  );
  // Also once nothing of it is there any more.
  await until(async () => (await remainsOf('by-hand', lost.name)) === '');
  const log = await logOf(watching, lost.id);
  expect(log.slice(0, -1)).toContain('epoch 1 of 9');
  expect(log.join('\n')).toMatch(/Normal Killing of pod zenml-run-\S+: Stopping container/);
  expect(log.at(-1)).toMatch(/^The runner did not begin the run: its /);
  expect((await read(begun.id)).status).toBe('provisioning');
});

test('a run whose pod runs out of memory or is evicted says so, with the last line and event', async () => {
  const watching = await watch('troubled');
  const evicted = await launch(watching, `echo "epoch 2 of 9"; ${WAIT}`);
  const greedy = await launch(watching, 'echo "epoch 3 of 9"; x=a; while true; do x=$x$x; done');
  await watching.reaches(evicted.name, 'running');
  const pods = await workspace.cluster.kubectl(
    ...['-n', 'troubled', 'get', 'pods', '-l', `zenml.io/workload=${evicted.name}`, '-o', 'name'],
  );
  await workspace.evict('troubled', pods.trim().replace('pod/', ''));
  await until(async () => (await isFailed(evicted.id)) && (await isFailed(greedy.id)));
  expect((await read(evicted.id)).status_reason).toMatch(
    /: its pod was evicted.*; last line: epoch 2 of 9; last event: /,
  );
  expect((await read(greedy.id)).status_reason).toMatch(
    /: killed: out of memory \(limit 64Mi\); last line: epoch 3 of 9;/,
  );
});

test('runs whose namespace is deleted fail', async () => {
  const watching = await watch('goes-away', {}, 25);
  const { id, name } = await launch(watching);
  await watching.reaches(name, 'running');
  await workspace.cluster.kubectl('delete', 'namespace', 'goes-away');
  await until(() => isFailed(id));
  expect((await read(id)).status_reason).toMatch(/is gone|was deleted|process ended|may not look after Jobs/);
});

test.each(['initializing', 'provisioning', 'running'])(
  'a run that is stopped while it is %s leaves nothing',
  async (status) => {
    const namespace = `stopped-${status}`;
    const watching = await watch(namespace);
    const { id, name } = await launch(watching);
    await watching.reaches(name, 'running');
    if (status !== 'initializing') {
      await server.call('PUT', `/runs/${id}`, { status, orchestrator_run_id: `orchestrator-${id}` });
    }
    await server.call('PUT', `/runs/${id}`, { status: 'stopping' });
    expect((await read(id)).status).toBe('stopped');
    await until(async () => (await remainsOf(namespace, name)) === '');
  },
);
