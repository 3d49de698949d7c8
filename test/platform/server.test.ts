import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createSnapshot } from '../chaos/launched-snapshot.ts';
import { until } from '../cluster/workspace.ts';
import { connect } from '../servers/api.ts';
import { HttpClient, logIn } from '../servers/http-client.ts';
import { at } from '../servers/json.ts';
import { admin } from '../servers/servers.mjs';
import { makePodDatabase, type PodDatabase } from './database.ts';
import { beginLoad } from './load.ts';
import { startMetricsApi } from './metrics-api.ts';

/** The server's image, deployed by the charts on a real cluster with a real database: `KUBECONFIG`, `ZENML_TEST_…`. */
const run = promisify(execFile);
const kubectl = async (...args: string[]) => (await run('kubectl', args)).stdout;
const given = (name: string) => process.env[name] ?? assert.fail(`set ${name}`);

const SERVER = 'deployed-server';
const RUNNERS = 'deployed-runners';
const NAME = 'zenml-workspace-server';

const directory = mkdtempSync(join(tmpdir(), 'charts-server-'));
const manifests = join(directory, 'zenml-workspace-server.yaml');
let database: PodDatabase;
let url: string;
let headers: Record<string, string>;

before(async () => {
  database = await makePodDatabase(`platform_${process.pid}`);
  await kubectl('create', 'namespace', SERVER);
  url = `http://${await reserveAddress()}`;
  const [repository = '', tag = ''] = given('ZENML_TEST_IMAGE').split(/:(?=[^:]*$)/);
  synthesize({
    namespace: SERVER,
    runners: { namespace: RUNNERS },
    server: {
      image: { repository, tag },
      drainDelaySeconds: 5,
      resources: { requests: { cpu: '100m', memory: '200Mi' } },
      // There is no DNS in this cluster: runs are told the Service's address.
      environment: { ZENML_ANALYTICS_OPT_IN: false, ZENML_SERVER_SERVER_URL: url },
    },
    autoscaling: { maxReplicas: 3 },
  });
  await apply(SERVER, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: NAME },
    stringData: {
      ZENML_STORE_URL: database.url,
      ZENML_SERVER_JWT_SECRET_KEY: 'a key that only tests sign tokens with',
      ZENML_SECRETS_STORE_ENCRYPTION_KEY: 'a key that only tests encrypt with',
      ZENML_DEFAULT_USER_NAME: admin.user,
      ZENML_DEFAULT_USER_PASSWORD: admin.password,
    },
  });
});

/** Makes the Service that the manifests complete. @returns its address */
async function reserveAddress(): Promise<string> {
  const ports = [{ name: 'http', port: 80, targetPort: 'http' }];
  await apply(SERVER, { apiVersion: 'v1', kind: 'Service', metadata: { name: NAME }, spec: { ports } });
  return kubectl('get', 'service', '-n', SERVER, NAME, '-o', 'jsonpath={.spec.clusterIP}');
}

after(async () => {
  await kubectl('delete', '-f', manifests, '--ignore-not-found', '--wait=true', '--timeout=60s');
  await database?.remove();
  rmSync(directory, { recursive: true });
});

function synthesize(values: object): void {
  const file = join(directory, 'values.json');
  writeFileSync(file, JSON.stringify(values));
  const env = { ...process.env, ZENML_CHART_VALUES: file, CDK8S_OUTDIR: directory };
  const synth = spawnSync(process.execPath, ['charts-ts/main.ts'], { env, encoding: 'utf8' });
  assert.equal(synth.status, 0, synth.stderr);
}

async function apply(namespace: string, manifest: object): Promise<void> {
  const file = join(directory, 'manifest.json');
  writeFileSync(file, JSON.stringify(manifest), { mode: 0o600 });
  await kubectl('apply', '-n', namespace, '-f', file);
}

const podNames = async () =>
  (await kubectl('get', 'pods', '-n', SERVER, '-o', 'jsonpath={.items[*].metadata.name}')).split(' ').filter(Boolean);

const waitUntilRolledOut = (timeout: string) =>
  kubectl('rollout', 'status', '-n', SERVER, `deployment/${NAME}`, `--timeout=${timeout}`);

test('two replicas become ready on an empty database within a minute', async (context) => {
  const begun = Date.now();
  await kubectl('apply', '--server-side', '-f', manifests);
  // The autoscaler asks for the second one.
  const ready = ['wait', '-n', SERVER, '--for=jsonpath={.status.readyReplicas}=2', `deployment/${NAME}`];
  await kubectl(...ready, '--timeout=60s').catch(async (error: unknown) => {
    context.diagnostic(await kubectl('describe', 'pods', '-n', SERVER));
    context.diagnostic(await kubectl('logs', '-n', SERVER, `deployment/${NAME}`).catch(String));
    throw error;
  });
  context.diagnostic(`ready after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  const client = new HttpClient(url);
  headers = await logIn(client, admin.user, admin.password);
  client.close();
});

test('the server finds nothing wrong with its cluster and its rights', async () => {
  const { stdout } = await run('kubectl', [
    'exec',
    '-n',
    SERVER,
    `deployment/${NAME}`,
    '--',
    'node',
    'server/src/main.ts',
    'doctor',
  ]);
  // But what its role does not show before the first run.
  assert.match(stdout, /^warning: Whether the service account \S+ exists .* is not known: .*\n.*\s*$/, stdout);
});

test('the autoscaler asks for as many replicas as their load needs', async () => {
  const metrics = await startMetricsApi(given('ZENML_TEST_HOST'), directory, async () => ({
    namespace: SERVER,
    pods: await podNames(),
  }));
  try {
    await kubectl('apply', '-f', metrics.manifest);
    // 250m of the 100m that each replica requests, where 70% is wanted; no more than the maximum.
    const wanted = ['wait', '-n', SERVER, 'hpa', NAME, '--timeout=90s'];
    await kubectl(...wanted, '--for=jsonpath={.status.desiredReplicas}=3');
    const path = 'jsonpath={.status.currentMetrics[*].resource.current.averageUtilization}';
    assert.equal(await kubectl('get', '-n', SERVER, 'hpa', NAME, '-o', path), '250 50');
  } finally {
    await kubectl('delete', '-f', metrics.manifest, '--ignore-not-found');
    await metrics.stop();
  }
});

test('ZenML’s SDK runs its pipeline through the Service', async () => {
  // All of the SDK's tests take minutes, and the suite `sdk` has run them on this server.
  const tests = process.env['ZENML_TEST_LONG'] ? 'test/sdk' : 'test/sdk/test_static_pipeline.py';
  // Here is a workload manager.
  const without = '--deselect=test/sdk/test_snapshots.py::test_without_a_workload_manager_the_server_runs_no_snapshot';
  const args = ['-B', '-m', 'pytest', '-q', '-c', 'test/sdk/pytest.ini', without, tests];
  const env = {
    ...process.env,
    ZENML_TEST_SERVER_URL: url,
    ZENML_TEST_USER: admin.user,
    ZENML_TEST_PASSWORD: admin.password,
  };
  const { stdout } = await run(given('ZENML_TEST_PYTHON'), args, { env }).catch((error: { stdout: string }) =>
    assert.fail(error.stdout),
  );
  assert.match(stdout, /\d+ passed/);
});

test('a rolling restart under load fails no request', async (context) => {
  const load = beginLoad(`${url}/api/v1/current-user`, headers);
  await sleep(1000);
  const before = await podNames();
  await kubectl('rollout', 'restart', '-n', SERVER, `deployment/${NAME}`);
  await waitUntilRolledOut('120s');
  // Until the old pods are gone, too.
  await Promise.all(before.map((pod) => kubectl('wait', '-n', SERVER, '--for=delete', `pod/${pod}`, '--timeout=60s')));
  const { requests, failures, refusedConnections } = await load.stop();
  context.diagnostic(`${requests} requests`);
  assert.deepEqual(failures, []);
  // Nor is there one that only a load balancer's second try would save.
  assert.equal(refusedConnections, 0);
});

test('a release that cannot start replaces no replica, and is rolled back', async () => {
  const deployment = ['-n', SERVER, `deployment/${NAME}`];
  const before = await podNames();
  await kubectl('set', 'env', ...deployment, 'ZENML_WORKSPACE_NO_SUCH_VARIABLE=1');
  const exits = ['get', 'pods', '-n', SERVER, '-o', 'jsonpath={..terminated.exitCode}'];
  await until(async () => (await kubectl(...exits)).includes('78'));
  await kubectl('rollout', 'undo', ...deployment);
  await waitUntilRolledOut('60s');
  await until(async () => (await podNames()).length === before.length);
  assert.deepEqual(await podNames(), before);
  assert.doesNotMatch(await kubectl('set', 'env', ...deployment, '--list'), /NO_SUCH_VARIABLE/);
});

test('the loss of a replica fails no request but those in flight on it, and none of clients that retry', async (context) => {
  const target = `${url}/api/v1/current-user`;
  const [once, retrying] = [beginLoad(target, headers), beginLoad(target, headers, { retries: true })];
  // Also where the test fails before it ends them.
  context.after(() => Promise.all([once.stop(), retrying.stop()]));
  await sleep(1000);
  const [victim = ''] = await podNames();
  const server = await processOf(victim);
  process.kill(server, 'SIGKILL');
  while (existsSync(`/proc/${server}`)) await sleep(1);
  const goneAt = performance.now();
  const pod = ['wait', '-n', SERVER, `pod/${victim}`, '--timeout=60s'];
  await kubectl(...pod, '--for=jsonpath={.status.containerStatuses[0].restartCount}=1');
  await kubectl(...pod, '--for=condition=Ready');
  const { requests, failures, refusedConnections } = await once.stop();
  const { failures: noticed } = await retrying.stop();
  context.diagnostic(`${requests} requests, ${failures.length} lost in flight`);
  context.diagnostic(`${refusedConnections} connections refused before the Service knew, and tried again`);
  for (const { reason, connectedAt } of failures) {
    assert.match(reason, /ECONNRESET|EPIPE|socket hang up/);
    assert.ok(connectedAt < goneAt, 'a connection that was made afterwards failed');
  }
  assert.deepEqual(noticed, []);
});

test('a run is started in the namespace of the runners, under all that the charts put there', async () => {
  const api = await connect(url, 1);
  try {
    const snapshot = await createSnapshot(api, given('ZENML_TEST_RUNNER_IMAGE'));
    const run = String(at(await api.post(`/pipeline_snapshots/${snapshot}/runs`, {}), 'id'));
    // Its runner reaches the server with the run's token, and says so.
    await until(async () => at(await api.get(`/runs/${run}`), 'body.status') === 'provisioning');
    const label = `zenml.io/run-id=${run}`;
    const [pod] = JSON.parse(await kubectl('get', 'pods', '-n', RUNNERS, '-l', label, '-o', 'json')).items;
    assert.equal(pod.spec.serviceAccountName, 'zenml-workspace-service-account');
    assert.equal(pod.spec.securityContext.runAsNonRoot, true);
    assert.match(await kubectl('get', 'namespace', RUNNERS, '--show-labels'), /enforce=restricted/);
    assert.deepEqual(pod.spec.containers[0].resources, {
      requests: { cpu: '100m', memory: '400Mi' },
      limits: { memory: '1Gi' },
    });
    const inForce = 'jsonpath={.items[0].status.hard.pods}';
    assert.equal(await kubectl('get', 'resourcequota', '-n', RUNNERS, '-o', inForce), '50');
  } finally {
    api.close();
  }
});

/** The server's process in a pod: the environment of each container names its pod. */
async function processOf(pod: string): Promise<number> {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const isServer = readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes('server/src/main.ts');
      if (isServer && readFileSync(`/proc/${entry}/environ`, 'utf8').includes(`HOSTNAME=${pod}\0`))
        return Number(entry);
    } catch {
      // It has ended meanwhile.
    }
  }
  throw new Error(`${pod} has no process.`);
}
