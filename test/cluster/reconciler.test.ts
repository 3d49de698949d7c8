import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { createTokenIssuer } from '../../server/src/auth/access-tokens.ts';
import { createCsrfTokens } from '../../server/src/auth/csrf.ts';
import { createTokens } from '../../server/src/auth/tokens.ts';
import { toDatabaseId } from '../../server/src/database/ids.ts';
import { inTransaction } from '../../server/src/database/transaction.ts';
import { createRunStatusUpdates } from '../../server/src/features/runs/run-status-updates.ts';
import { createOnboarding } from '../../server/src/features/server/onboarding.ts';
import { createRunnableSnapshot } from '../../server/src/testing/runnable-snapshots.ts';
import { startTestServer, TEST_KEY, type TestServer } from '../../server/src/testing/test-server.ts';
import { testOwner } from '../../server/src/testing/test-workloads.ts';
import { type Dispatcher, startDispatcher } from '../../server/src/workloads/dispatcher/dispatcher.ts';
import { createFailRun } from '../../server/src/workloads/dispatcher/failed-runs.ts';
import { claimLaunch, endLaunch } from '../../server/src/workloads/dispatcher/launch-store.ts';
import type { JobSettings } from '../../server/src/workloads/kubernetes/settings.ts';
import { workloadName } from '../../server/src/workloads/launch.ts';
import { createLauncher } from '../../server/src/workloads/launcher/launcher.ts';
import { createRunnerLog } from '../../server/src/workloads/logs/runner-log.ts';
import type { WorkloadPhase } from '../../server/src/workloads/manager.ts';
import { type Reconciler, startReconciler } from '../../server/src/workloads/reconciler/reconciler.ts';
import { busyboxImage } from '../../tools/cluster/images.mjs';
import { smallerRules } from '../../tools/cluster/workload-namespace.mjs';
import {
  type ManagerOptions,
  shell,
  startManager,
  startWorkspace,
  until,
  type Watched,
  type Workspace,
} from './workspace.ts';

interface Run {
  id: string;
  body: { status: string; status_reason: string | null };
}

/** Seconds that a pod may take to start on a machine that has other things to do, too. */
const TIMEOUT = 120;
/** A Job waits 10 s before it replaces a pod that counts as failed. */
const inLongRun = process.env['ZENML_TEST_LONG'] === undefined ? test.skip : test;
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

const failRun = createFailRun(createRunStatusUpdates(createOnboarding()));
const log = pino({ level: 'fatal' });

/** What a test may want otherwise. */
interface WatchingOptions extends ManagerOptions {
  /** Seconds that a runner may take to start. */
  readonly timeout?: number;
  /** Of the server's role; the documented ones where left out. */
  readonly rules?: readonly object[];
}

async function watch(
  namespace: string,
  given: Partial<JobSettings> = {},
  { timeout = TIMEOUT, rules, ...options }: WatchingOptions = {},
): Promise<Watching> {
  const watched = await startManager(await workspace.namespace(namespace, rules), { namespace, ...given }, options);
  const reconciler = startReconciler({
    db: server.database.db,
    manager: watched.manager,
    failRun,
    log,
    startTimeoutSeconds: timeout,
    interval: 500,
  });
  const watching = { ...watched, reconciler };
  watchings.push(watching);
  return watching;
}

/** Ends all that watches, as a server does that ends. */
async function endWatching(): Promise<void> {
  for (const { reconciler, manager } of watchings.splice(0)) {
    await reconciler.stop();
    await manager.stop();
  }
}

/** One that went on would fail the runs of other tests, whose Jobs it does not know. */
afterEach(endWatching);

/** Asks for a run. @returns its id */
const request = async () => (await server.call<Run>('POST', `/pipeline_snapshots/${snapshot}/runs`, {})).body.id;

/** Asks for a run, and takes it out of the queue. */
async function claim(script = WAIT) {
  const id = await request();
  const claimed = await claimLaunch(server.database.db, 60);
  if (claimed?.runId !== toDatabaseId(id)) throw new Error('another launch waits');
  const name = workloadName(id, 1);
  return { id, name, claimed, workload: { ...shell(name, script), runId: id, describedBy: testOwner(id) } };
}

/** Asks for a run, and does what the dispatcher does. @returns the run's id and the name of its workload */
async function launch({ manager }: Watching, script = WAIT): Promise<{ id: string; name: string }> {
  const { id, name, claimed, workload } = await claim(script);
  await manager.launch(workload);
  await endLaunch(server.database.db, claimed, 'launched');
  return { id, name };
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
  const watching = await watch('no-node', { nodeSelector: { 'node-pool': 'none' } }, { timeout: 15 });
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

test('a Job whose Secret is refused for good is removed', async () => {
  const { manager, reaches } = await watch('no-secrets');
  const kubectl = (...args: string[]) => workspace.cluster.kubectl('-n', 'no-secrets', ...args);
  await kubectl('create', 'quota', 'no-secrets', '--hard=count/secrets=0');
  const isRefused = () =>
    kubectl('create', 'secret', 'generic', 'any', '--dry-run=server').then(
      () => false,
      () => true,
    );
  // The API server learns of a quota a moment later.
  await until(isRefused);
  const { id, name, claimed, workload } = await claim();
  await expect(manager.launch(workload)).rejects.toThrow(/quota/);
  // After this nothing of it changes any more.
  await reaches(name, 'pending', /its container cannot start: secret .* not found/);
  await inTransaction(server.database.db, async (transaction) => {
    await endLaunch(transaction, claimed, 'failed');
    await failRun(transaction, claimed, 'its Secret is refused');
  });
  await until(async () => (await remainsOf('no-secrets', name)) === '');
  expect(await isFailed(id)).toBe(true);
});

test('runs whose namespace is deleted fail', async () => {
  const watching = await watch('goes-away', {}, { timeout: 25 });
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
    if (status !== 'initializing') await begin(id, status);
    await stop(id);
    await until(async () => (await remainsOf(namespace, name)) === '');
  },
);

/** What a runner tells: that the orchestrator has its run, and then what becomes of it. */
async function begin(id: string, status: string): Promise<void> {
  await report(id, { status: 'provisioning', orchestrator_run_id: `orchestrator-${id}` });
  if (status !== 'provisioning') await report(id, { status });
}

async function report(id: string, change: { status: string; orchestrator_run_id?: string }): Promise<void> {
  const answer = await server.call('PUT', `/runs/${id}`, change);
  expect(answer).toMatchObject({ status: 200 });
}

async function stop(id: string): Promise<void> {
  await report(id, { status: 'stopping' });
  expect((await read(id)).status).toBe('stopped');
}

test.each<[string, string, string, Partial<JobSettings>, WorkloadPhase]>([
  ['waits for a node', 'stopped-pending', WAIT, { nodeSelector: { 'node-pool': 'none' } }, 'pending'],
  // Long enough for the run to begin before: a runner that ends without that has failed.
  ['has ended', 'stopped-ended', 'sleep 4', {}, 'succeeded'],
])('a run that is stopped when its pod %s leaves nothing', async (_state, namespace, script, given, phase) => {
  const watching = await watch(namespace, given);
  const { id, name } = await launch(watching, script);
  await begin(id, 'running');
  await watching.reaches(name, phase);
  await stop(id);
  await until(async () => (await remainsOf(namespace, name)) === '');
});

test('a run that is stopped while its image is awaited leaves nothing, though the image comes at last', async () => {
  const [asked, image] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
  const prepareImage = () => {
    asked.resolve();
    return image.promise;
  };
  const watching = await watch('stopped-imageless', {}, { prepareImage });
  const id = await request();
  const name = workloadName(id, 1);
  const dispatcher = dispatch(watching);
  try {
    await asked.promise;
    await server.call('POST', `/runs/${id}/stop`);
    image.resolve(busyboxImage);
    // Its Job is made, for nobody has told the launcher yet.
    await watching.reaches(name, 'absent');
  } finally {
    await dispatcher.stop();
  }
  expect(await read(id)).toMatchObject({ status: 'stopped', status_reason: 'Stopped before it began.' });
  await until(async () => (await remainsOf('stopped-imageless', name)) === '');
});

/** Launches what is queued. */
function dispatch({ manager }: Watching): Dispatcher {
  const { db } = server.database;
  const tokens = createTokens({ secretKey: TEST_KEY, algorithm: 'HS256', issuer: '', audience: '', leewaySeconds: 0 });
  const startLaunch = createLauncher({
    db,
    manager,
    issueToken: createTokenIssuer(tokens, createCsrfTokens({ secretKey: TEST_KEY })),
    serverUrl: 'https://server.example',
    image: { parentImage: undefined, withoutUv: false },
    log,
  });
  return startDispatcher({
    db,
    startLaunch,
    explainFailure: async (_launch, error) => String(error),
    failRun,
    removeRunner: ({ runId, number }) => manager.remove(workloadName(runId, number)),
    log,
    concurrency: 1,
  });
}

test('a run that is stopped between its Job and its pod leaves nothing', async () => {
  const watching = await watch('stopped-podless');
  await workspace.cluster.kill('kube-controller-manager');
  let name: string;
  try {
    const launched = await launch(watching);
    name = launched.name;
    expect(await remainsOf('stopped-podless', name)).toBe(`job.batch/${name}\nsecret/${name}`);
    await stop(launched.id);
    await watching.reaches(name, 'absent');
  } finally {
    await workspace.cluster.restart('kube-controller-manager');
  }
  await until(async () => (await remainsOf('stopped-podless', name)) === '');
});

test('a run whose Job gets no pod for want of quota says so while it waits, and stopped leaves nothing', async () => {
  const watching = await watch('no-quota');
  await workspace.cluster.kubectl('-n', 'no-quota', 'create', 'quota', 'no-pods', '--hard=pods=0');
  await workspace.cluster.kubectl(
    ...['-n', 'no-quota', 'wait', 'quota/no-pods', '--for=jsonpath={.status.hard.pods}=0', '--timeout=60s'],
  );
  const { id, name } = await launch(watching);
  await until(async () =>
    /^Waiting for its runner to start: exceeded quota: no-pods/.test((await read(id)).status_reason ?? ''),
  );
  await stop(id);
  await until(async () => (await remainsOf('no-quota', name)) === '');
});

test('what happened while no server ran is told by the next one, and what no run needs is removed', async () => {
  const serverId = randomUUID();
  const before = await watch('unattended', { serverId });
  const [jobless, podless, failed, orphaned] = [
    await launch(before),
    await launch(before),
    await launch(before, 'sleep 3; echo "ValueError: no such column"; exit 3'),
    await launch(before),
  ];
  for (const { name } of [jobless, podless, failed, orphaned]) await before.reaches(name, 'running');
  await endWatching();
  const kubectl = (...args: string[]) => workspace.cluster.kubectl('-n', 'unattended', ...args);
  await kubectl('delete', 'job', jobless.name);
  await kubectl('delete', 'pod', '-l', `zenml.io/workload=${podless.name}`, '--grace-period=0', '--force');
  await kubectl('wait', `job/${failed.name}`, '--for=condition=Failed', '--timeout=60s');
  await server.call('DELETE', `/runs/${orphaned.id}`);
  await watch('unattended', { serverId });
  await until(async () => (await Promise.all([jobless, podless, failed].map(({ id }) => isFailed(id)))).every(Boolean));
  expect((await read(jobless.id)).status_reason).toMatch(/: its runner is gone: its Job was deleted before it began/);
  expect((await read(podless.id)).status_reason).toMatch(/: its pod failed or was deleted/);
  expect((await read(failed.id)).status_reason).toMatch(/: its process ended with exit code 3: ValueError: no such/);
  await until(async () => (await remainsOf('unattended', orphaned.name)) === '');
});

test('runs and Jobs come to agree under the role of the closed plugins too, also after a restart', async () => {
  const [namespace, settings, options] = ['smaller', { serverId: randomUUID() }, { rules: smallerRules }] as const;
  const before = await watch(namespace, settings, options);
  const [jobless, failed, stopped, unattended] = [
    await launch(before),
    await launch(before, 'sleep 8; echo "ValueError: no such column"; exit 3'),
    await launch(before),
    await launch(before),
  ];
  await begin(stopped.id, 'running');
  await Promise.all([jobless, failed, stopped, unattended].map(({ name }) => before.reaches(name, 'running')));
  const remove = ({ name }: { name: string }) => workspace.cluster.kubectl('-n', namespace, 'delete', 'job', name);
  await Promise.all([remove(jobless), stop(stopped.id)]);
  await until(async () => (await isFailed(jobless.id)) && (await isFailed(failed.id)));
  expect((await read(jobless.id)).status_reason).toMatch(/: its (runner is gone|pod was deleted|process ended)/);
  expect((await read(failed.id)).status_reason).toMatch(/: its process ended with exit code 3: ValueError: no such/);
  await until(async () => (await remainsOf(namespace, stopped.name)) === '');
  await endWatching();
  await remove(unattended);
  // While its pod is still there, the pod tells what has become of it.
  await until(async () => (await remainsOf(namespace, unattended.name)) === '');
  await watch(namespace, settings, options);
  await until(() => isFailed(unattended.id));
  expect((await read(unattended.id)).status_reason).toMatch(
    /: its runner is gone: its Job was deleted before it began/,
  );
});

inLongRun('an evicted pod is replaced as often as it may fail, always where the policy says so', async () => {
  const serverId = randomUUID();
  const watching = await watch('evicted', { serverId, backoffLimit: 1 });
  const rules = [
    { action: 'Ignore' as const, onPodConditions: [{ type: 'DisruptionTarget', status: 'True' as const }] },
  ];
  const lenient = await watch('evicted', { serverId, podFailurePolicy: { rules } });
  const [counted, uncounted] = [await launch(watching), await launch(lenient)];
  await Promise.all([evictTwo('evicted', counted), evictTwo('evicted', uncounted)]);
  await until(() => isFailed(counted.id));
  expect((await read(counted.id)).status_reason).toMatch(/: its pod was evicted/);
  expect((await read(uncounted.id)).status).toBe('initializing');
});

/** Evicts the pod of a run that waits, and the one that replaces it. */
async function evictTwo(namespace: string, { id, name }: { id: string; name: string }): Promise<void> {
  const evicted: string[] = [];
  while (evicted.length < 2) {
    await until(async () => {
      const pod = (await runningPods(namespace, name)).find((one) => !evicted.includes(one));
      if (pod === undefined) return false;
      expect((await read(id)).status).toBe('initializing');
      await workspace.evict(namespace, pod);
      evicted.push(pod);
      return true;
    });
  }
}

async function runningPods(namespace: string, name: string): Promise<readonly string[]> {
  const ofRun = ['-l', `zenml.io/workload=${name}`, '--field-selector', 'status.phase=Running'];
  const path = 'jsonpath={.items[*].metadata.name}';
  const names = await workspace.cluster.kubectl('-n', namespace, 'get', 'pods', ...ofRun, '-o', path);
  return names.split(' ').filter(Boolean);
}
