/**
 * Measures how long it takes from the call that starts a run to its Job in a real cluster, and from a line that a pod prints
 * to the client that follows its log. It ends with exit code 1 where 95% of the Jobs take longer than 500 ms, or 99% of
 * the lines longer than 1 s.
 *
 *   npm run bench:dispatch -- [--runs 100]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { createSnapshot } from '../test/chaos/launched-snapshot.ts';
import { ensureRunnerImage } from '../test/chaos/runner-image.mjs';
import { startWorkspace } from '../test/cluster/workspace.ts';
import { connect } from '../test/servers/api.ts';
import { at } from '../test/servers/json.ts';
import { databaseServer, startOurs } from '../test/servers/servers.mjs';
import { ensureClusterPrograms } from '../tools/cluster/programs.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '100' } } });
const NAMESPACE = 'runners';
const directory = mkdtempSync(join(tmpdir(), 'zenml-bench-dispatch-'));
const programs = await ensureClusterPrograms();
const workspace = await startWorkspace();
const database = await databaseServer();
const databaseUrl = `${database.url}/bench_dispatch_${process.pid}`;
/** When the cluster told of each run's Job, by the run's id; milliseconds. */
const made = new Map<string, number>();

try {
  const image = await ensureRunnerImage(programs.directory);
  await workspace.cluster.importImage(image);
  const kubeconfig = await workspace.namespace(NAMESPACE);
  const ours = await startOurs({
    databaseUrl,
    directory,
    environment: {
      KUBECONFIG: kubeconfig,
      // Pods that do not find it print lines for 40 s.
      ZENML_SERVER_SERVER_URL: 'http://127.0.0.1:9',
      ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE:
        'zenml_cloud_plugins.kubernetes_workload_manager.KubernetesWorkloadManager',
      ZENML_KUBERNETES_WORKLOAD_MANAGER_NAMESPACE: NAMESPACE,
      ZENML_KUBERNETES_WORKLOAD_MANAGER_SERVICE_ACCOUNT: 'runner',
    },
  });
  const watch = watchJobs();
  try {
    await measure(ours.url, image.name);
  } finally {
    watch.kill();
    await ours.stop();
  }
} finally {
  await workspace.stop();
  const connection = await createConnection(database.url);
  await connection.query(`drop database if exists bench_dispatch_${process.pid}`);
  await connection.end();
  await database.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function measure(url: string, image: string): Promise<void> {
  const api = await connect(url, 8);
  const snapshot = await createSnapshot(api, image);
  const called = new Map<string, number>();
  const answers: number[] = [];
  const following: Promise<void>[] = [];
  const lines: number[] = [];
  for (let run = 0; run < Number(values.runs); run += 1) {
    const start = performance.now();
    const id = String(at(await api.post(`/pipeline_snapshots/${snapshot}/runs`, {}), 'id'));
    answers.push(performance.now() - start);
    called.set(id, start);
    if (run % 10 === 0) following.push(follow(url, api.headers, id, lines));
    await sleep(300);
  }
  for (let wait = 0; wait < 100 && made.size < called.size; wait += 1) await sleep(100);
  await Promise.all(following);
  api.close();
  const jobs = [...called].map(([id, start]) => (made.get(id) ?? Number.POSITIVE_INFINITY) - start);
  report('from the call to its answer', answers);
  const late = report('from the call to the Job', jobs)(0.95) > 500;
  const slow = !(report('from a line to who follows it', lines)(0.99) <= 1000);
  process.exitCode = late || slow ? 1 : 0;
}

/** @returns the milliseconds that a share of them stays within; NaN where there are none */
function report(what: string, milliseconds: number[]): (share: number) => number {
  const sorted = [...milliseconds].sort((one, other) => one - other);
  const within = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  const shown = [0.5, 0.95, 0.99].map((share) => `${share * 100}% ${Math.round(within(share))} ms`);
  console.log(`${what}: ${shown.join(', ')} (${sorted.length})`);
  return within;
}

function watchJobs() {
  const env = { ...process.env, KUBECONFIG: workspace.cluster.kubeconfig };
  const kubectl = join(programs.bin, 'kubectl');
  const output = 'jsonpath={.metadata.labels.zenml\\.io/run-id}{"\\n"}';
  const child = spawn(kubectl, ['get', 'jobs', '-n', NAMESPACE, '--watch', '-o', output], {
    env: { ...env, PATH: `${programs.bin}${delimiter}${process.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (id) => {
    if (!made.has(id)) made.set(id, performance.now());
  });
  return child;
}

/** Follows a run's log. Its lines are what `/proc/uptime` said when they were printed, in seconds: one clock for both. */
async function follow(
  url: string,
  headers: Readonly<Record<string, string>>,
  id: string,
  lines: number[],
): Promise<void> {
  const response = await fetch(`${url}/api/v1/runs/${id}/logs?source=runner&follow=true`, { headers });
  if (!response.ok || !response.body) throw new Error(`${response.status}: ${await response.text()}`);
  for await (const line of createInterface({ input: Readable.fromWeb(response.body) })) {
    const printed = /"message":"up ([0-9.]+)"/.exec(line)?.[1];
    if (printed !== undefined) lines.push((uptime() - Number(printed)) * 1000);
    if (line === 'event: end') return;
  }
}

function uptime(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
}
