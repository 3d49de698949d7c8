import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { toDatabaseId } from '../../server/src/database/ids.ts';
import { TEST_JOBS, testOwner, testWorkload } from '../../server/src/testing/test-workloads.ts';
import { runnerJob } from '../../server/src/workloads/kubernetes/runner-job.ts';
import { workloadName } from '../../server/src/workloads/launch.ts';
import { startWorkspace, until, type Workspace } from '../cluster/workspace.ts';
import { connect } from '../servers/api.ts';
import { at } from '../servers/json.ts';
import { databaseServer, type RunningServer, startOurs } from '../servers/servers.mjs';
import { type CountingProxy, startCountingProxy } from './counting-proxy.ts';

const NAMESPACE = 'runners';
const JOBS = 1_000;
const MEGABYTE = 2 ** 20;
/** How long a server does nothing, seconds. */
const IDLE = 60;

const directory = mkdtempSync(join(tmpdir(), 'zenml-scale-'));
let workspace: Workspace;
let proxy: CountingProxy;
let kubeconfig: string;
let database: Awaited<ReturnType<typeof databaseServer>>;
let databaseUrl: string;
let connection: Connection;

before(async () => {
  workspace = await startWorkspace();
  kubeconfig = await workspace.namespace(NAMESPACE);
  const given = JSON.parse(readFileSync(kubeconfig, 'utf8'));
  proxy = await startCountingProxy(given.clusters[0].cluster.server);
  given.clusters[0].cluster = { server: proxy.url, 'insecure-skip-tls-verify': true };
  writeFileSync(kubeconfig, JSON.stringify(given));
  database = await databaseServer();
  databaseUrl = `${database.url}/scale_${process.pid}`;
});

after(async () => {
  await connection?.end();
  await proxy?.stop();
  await workspace?.stop();
  if (process.env['ZENML_TEST_DATABASE_URL']) {
    const dropping = await createConnection(database.url);
    await dropping.query(`drop database if exists scale_${process.pid}`);
    await dropping.end();
  }
  await database?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const start = () =>
  startOurs({
    databaseUrl,
    directory,
    environment: {
      KUBECONFIG: kubeconfig,
      ZENML_SERVER_SERVER_URL: 'http://server.example',
      ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE:
        'zenml_cloud_plugins.kubernetes_workload_manager.KubernetesWorkloadManager',
      ZENML_KUBERNETES_WORKLOAD_MANAGER_NAMESPACE: NAMESPACE,
      ZENML_KUBERNETES_WORKLOAD_MANAGER_SERVICE_ACCOUNT: 'runner',
    },
  });

const residentMegabytes = ({ pid }: RunningServer) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** Lets a server do nothing, once it has seen what there is. @returns the most memory it had, and what it asked meanwhile */
async function idle(server: RunningServer) {
  await sleep(5_000);
  const atStart = proxy.take();
  let most = 0;
  for (let second = 0; second < IDLE; second += 1) {
    most = Math.max(most, residentMegabytes(server));
    await sleep(1_000);
  }
  return { most, atStart, asked: proxy.take() };
}

/** Makes Jobs that are suspended, and have no pods, and the runs that they belong to. @returns the runs' ids */
async function makeJobs(serverId: string, projectId: string): Promise<string[]> {
  const runIds = Array.from({ length: JOBS }, () => randomUUID());
  for (let from = 0; from < JOBS; from += 250) {
    const some = runIds.slice(from, from + 250);
    const ids = some.map(toDatabaseId);
    await connection.query(
      'insert into pipeline_run (id, created, updated, name, project_id, status, in_progress, enable_heartbeat, `index`) values ?',
      [ids.map((id) => [id, new Date(), new Date(), id, toDatabaseId(projectId), 'running', 1, 0, 0])],
    );
    await connection.query(
      'insert into ws_launch (id, run_id, project_id, snapshot_id, kind, number, status, attempts, created, due) values ?',
      [ids.map((id) => [id, id, id, id, 'start', 1, 'launched', 1, new Date(), new Date()])],
    );
    await workspace.cluster.apply(
      some.map((runId) => {
        const name = workloadName(runId, 1);
        const workload = {
          ...testWorkload(name, runId, 'true'),
          image: 'localhost/suspended:1',
          describedBy: testOwner(runId, name),
        };
        const job = runnerJob(workload, { ...TEST_JOBS, namespace: NAMESPACE, serverId }, 'secret');
        return { ...job, spec: { ...job.spec, suspend: true } };
      }),
    );
  }
  return runIds;
}

const isPolling = (asked: string) => !asked.endsWith('?watch=true');

test('an idle server asks the cluster nothing, and 1,000 Jobs cost less than 100 MB', async (context) => {
  const without = await start();
  connection = await createConnection(databaseUrl);
  const api = await connect(without.url, 1);
  const serverId = String(at(await api.get('/info'), 'id'));
  const projectId = String(at(await api.get('/projects/default'), 'id'));
  api.close();
  const nothing = await idle(without);
  await without.stop();
  const [runId = ''] = await makeJobs(serverId, projectId);
  proxy.take();
  const server = await start();
  try {
    const much = await idle(server);
    context.diagnostic(
      `resident memory: ${nothing.most.toFixed(0)} MB without Jobs, ${much.most.toFixed(0)} MB with ${JOBS}; ` +
        `${much.atStart.length} requests to the cluster at the start, and in ${IDLE} s ${much.asked.length}`,
    );
    assert.ok((much.most - nothing.most) * MEGABYTE < 100 * MEGABYTE, `${much.most - nothing.most} MB`);
    const polls = [...nothing.asked, ...much.asked].filter(isPolling);
    assert.equal(polls.length, 0, polls.slice(0, 5).join('\n'));
    // It has seen them: the Job of a run that is deleted goes.
    await connection.query('delete from pipeline_run where id = ?', [toDatabaseId(runId)]);
    const job = ['get', 'job', workloadName(runId, 1), '-n', NAMESPACE, '-o', 'name', '--ignore-not-found'];
    await until(async () => (await workspace.cluster.kubectl(...job)).trim() === '');
  } finally {
    await server.stop();
  }
});
