import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { fromDatabaseId } from '../../server/src/database/ids.ts';
import { ensureClusterPrograms } from '../../tools/cluster/programs.mjs';
import { startWorkspace, type Workspace } from '../cluster/workspace.ts';
import { type Api, connect } from '../servers/api.ts';
import { databaseServer, type RunningServer, startOurs } from '../servers/servers.mjs';
import { type Balancer, startBalancer } from './balancer.ts';
import { createSnapshot } from './launched-snapshot.ts';
import { ensureRunnerImage } from './runner-image.mjs';

const NAMESPACE = 'runners';
const RUNS = 200;
const ROUNDS = process.env['ZENML_TEST_LONG'] ? 10 : 1;
const OUTAGE = 20_000;
/** How long what was accepted may take to run on a small machine, milliseconds. */
const PATIENCE = 600_000;

const directory = mkdtempSync(join(tmpdir(), 'zenml-chaos-'));
let workspace: Workspace;
let balancer: Balancer;
let database: Awaited<ReturnType<typeof databaseServer>>;
let databaseUrl: string;
let environment: Record<string, string>;
let replicas: RunningServer[] = [];
let api: Api;
let snapshotId: string;

before(async () => {
  workspace = await startWorkspace();
  const { cluster } = workspace;
  const image = await ensureRunnerImage((await ensureClusterPrograms()).directory);
  await cluster.importImage(image);
  balancer = await startBalancer(cluster.host);
  database = await databaseServer();
  databaseUrl = `${database.url}/chaos_${process.pid}`;
  environment = {
    KUBECONFIG: await workspace.namespace(NAMESPACE),
    ZENML_SERVER_SERVER_URL: balancer.url,
    ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE:
      'zenml_cloud_plugins.kubernetes_workload_manager.KubernetesWorkloadManager',
    ZENML_KUBERNETES_WORKLOAD_MANAGER_NAMESPACE: NAMESPACE,
    ZENML_KUBERNETES_WORKLOAD_MANAGER_SERVICE_ACCOUNT: 'runner',
    // A single node runs some pods at once: the others wait for their turn.
    ZENML_RUNNER_POD_TIMEOUT: '1200',
  };
  replicas = [await startReplica(), await startReplica()];
  balancer.setReplicas(replicas.map(({ url }) => url));
  api = await connect(balancer.url, 1);
  snapshotId = await createSnapshot(api, image.name);
});

after(async () => {
  api?.close();
  await Promise.all(replicas.map((replica) => replica.stop()));
  await balancer?.stop();
  await workspace?.stop();
  if (process.env['ZENML_TEST_DATABASE_URL']) await execute(`drop database if exists chaos_${process.pid}`);
  await database?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const startReplica = () => startOurs({ databaseUrl, directory, environment });

async function execute<Row>(statement: string): Promise<Row[]> {
  const connection = await createConnection(databaseUrl);
  try {
    return (await connection.query(statement))[0] as Row[];
  } finally {
    await connection.end();
  }
}

/** Asks for a run as a client does that retries until it knows: with the same key. @returns the run's id */
async function requestRun(): Promise<string> {
  const key = randomUUID();
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      const response = await fetch(`${balancer.url}/api/v1/pipeline_snapshots/${snapshotId}/runs`, {
        method: 'POST',
        headers: { ...api.headers, 'idempotency-key': key },
        body: '{}',
      });
      if (response.ok) return String(((await response.json()) as { id: string }).id);
      // 429: the replica that took the first request has not answered it, or never will.
      assert.ok([429, 503].includes(response.status), `${response.status}: ${await response.text()}`);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
    }
    await sleep(500);
  }
  throw new Error('No replica starts a run.');
}

/** Asks for all runs at once. @param noted how many have been answered by now */
async function requestRuns(count: number, noted: (answered: number) => void): Promise<string[]> {
  let answered = 0;
  const work = async () => {
    const id = await requestRun();
    answered += 1;
    noted(answered);
    return id;
  };
  return Promise.all(Array.from({ length: count }, work));
}

/** What happens while runs are asked for. */
interface Disturbance {
  /** It begins when so many have been answered. */
  readonly moment: number;
  /** The replica that dies. */
  readonly victim: number;
}

/** What `ZENML_TEST_DISTURBANCE` says, to repeat a round; otherwise anything. */
function chooseDisturbance(): Disturbance {
  const given = process.env['ZENML_TEST_DISTURBANCE'];
  if (given !== undefined) return JSON.parse(given);
  return { moment: randomInt(1, RUNS - 20), victim: randomInt(replicas.length) };
}

/** Ends one of the replicas without a word, and the cluster's API server; both come back. */
async function disturb({ victim: index }: Disturbance): Promise<void> {
  const victim = replicas[index];
  assert.ok(victim?.pid);
  process.kill(victim.pid, 'SIGKILL');
  replicas = replicas.filter((replica) => replica !== victim);
  await workspace.cluster.kill('kube-apiserver');
  await sleep(OUTAGE);
  await workspace.cluster.restart('kube-apiserver');
  replicas = [...replicas, await startReplica()];
  balancer.setReplicas(replicas.map(({ url }) => url));
}

interface RunState {
  id: string;
  status: string;
  reason: string | null;
  launches: number;
}

async function readRuns(): Promise<RunState[]> {
  const rows = await execute<RunState>(`select run.id, run.status, run.status_reason as reason,
    count(launch.id) as launches from pipeline_run as run left join ws_launch as launch on launch.run_id = run.id
    group by run.id`);
  return rows.map((row) => ({ ...row, id: fromDatabaseId(row.id) }));
}

interface Item {
  readonly metadata: { readonly labels: Readonly<Record<string, string>>; readonly creationTimestamp: string };
  readonly status: { readonly completionTime?: string };
}

/** All Jobs, or pods, that there are or were: they are kept. */
async function listAll(kind: 'jobs' | 'pods'): Promise<readonly Item[]> {
  const selector = 'app.kubernetes.io/component=runner';
  const text = await workspace.cluster.kubectl('-n', NAMESPACE, 'get', kind, '-l', selector, '-o', 'json');
  return JSON.parse(text).items;
}

const runOf = ({ metadata }: Item) => metadata.labels['zenml.io/run-id'] ?? '';

/**
 * The run of each pod, but for those that Kubernetes before 1.34 makes for Jobs which are complete, where its API server has
 * been away (kubernetes/kubernetes#130103).
 */
function runsOfPods(pods: readonly Item[], jobs: readonly Item[]): string[] {
  const completed = new Map(jobs.map((job) => [runOf(job), job.status.completionTime]));
  const isCounted = (pod: Item) => {
    const end = completed.get(runOf(pod));
    return end === undefined || pod.metadata.creationTimestamp < end;
  };
  return pods.filter(isCounted).map(runOf);
}

const sorted = (ids: readonly string[]) => [...ids].sort();

for (let round = 1; round <= ROUNDS; round += 1) {
  test(`${RUNS} runs at once, a replica killed, the API server away, every fifth answer lost: each run once (${round})`, async (context) => {
    const known = new Set((await readRuns()).map(({ id }) => id));
    const disturbance = chooseDisturbance();
    context.diagnostic(`to repeat it: ZENML_TEST_DISTURBANCE='${JSON.stringify(disturbance)}'`);
    const moment = Promise.withResolvers<void>();
    balancer.dropAnswers(5);
    const [asked] = await Promise.all([
      requestRuns(RUNS, (count) => {
        if (count === disturbance.moment) moment.resolve();
      }),
      moment.promise.then(() => disturb(disturbance)),
    ]);
    assert.equal(new Set(asked).size, RUNS, 'every request has its own run');
    assert.ok(balancer.dropped() >= RUNS / 5, `${balancer.dropped()} answers were lost`);

    const isMine = ({ id }: RunState) => !known.has(id);
    let runs: RunState[] = [];
    for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(1000)) {
      runs = (await readRuns()).filter(isMine);
      if (runs.every(({ status }) => status !== 'initializing')) break;
    }
    assert.deepEqual(
      runs.filter(({ status, launches }) => status !== 'provisioning' || launches !== 1),
      [],
      'every run was begun by its one runner',
    );
    assert.deepEqual(sorted(runs.map(({ id }) => id)), sorted(asked), 'there is no run that nobody asked for');
    const ofRound = (ids: readonly string[]) => sorted(ids.filter((id) => !known.has(id)));
    const pods = await listAll('pods');
    const jobs = await listAll('jobs');
    assert.deepEqual(ofRound(jobs.map(runOf)), sorted(asked), 'every run has one Job');
    assert.deepEqual(ofRound(runsOfPods(pods, jobs)), sorted(asked), 'every run has one pod');
  });
}
