import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { createSnapshot } from '../chaos/launched-snapshot.ts';
import { WrittenCorrespondence } from '../differential/correspondence.ts';
import { type Rows, readRows, rowDifferences } from '../differential/rows.ts';
import { type Api, connect } from '../servers/api.ts';
import { at, type Json } from '../servers/json.ts';
import { admin, databaseServer, type RunningServer, startOurs, startReference } from '../servers/servers.mjs';

const python = process.env['ZENML_TEST_PYTHON'] ?? '';
const directory = mkdtempSync(join(tmpdir(), 'zenml-beside-reference-'));
const correspondence = new WrittenCorrespondence(Date.now());

interface Party {
  readonly side: 'reference' | 'ours';
  readonly api: Api;
  readonly databaseUrl: string;
  readonly snapshots: Readonly<Record<string, string>>;
  /** Of what was run, by its name. */
  readonly runs: Map<string, string>;
}

const databases = { reference: `local_reference_${process.pid}`, ours: `local_ours_${process.pid}` };
const servers: RunningServer[] = [];
/** An orchestrator whose package runners do not have here. */
const SAGEMAKER = {
  flavor: 'sagemaker',
  // With the default that the reference adds: flavors' own code says so, which this server has not.
  configuration: { execution_role: 'arn:aws:iam::1:role/none', instance_type: 'ml.m5.xlarge' },
};

let database: Awaited<ReturnType<typeof databaseServer>>;
let host: ChildProcess;
let parties: Party[];

const localManager = (url: string) => ({
  ZENML_ANALYTICS_OPT_IN: 'false',
  ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE:
    'zenml.zen_server.pipeline_execution.in_memory_workload_manager.InMemoryWorkloadManager',
  ZENML_SERVER_SERVER_URL: url,
});

before(async () => {
  database = await databaseServer();
  await execute(...Object.values(databases).map((name) => `create database ${name}`));
  const [reference, ours] = await Promise.all([
    startReference({
      databaseUrl: `${database.url}/${databases.reference}`,
      directory,
      programs: await programsWithOwnConfiguration(),
      environment: localManager,
    }),
    startOurs({
      databaseUrl: `${database.url}/${databases.ours}`,
      directory,
      environment: (url) => ({
        ...localManager(url),
        ZENML_WORKSPACE_LOCAL_PYTHON: python,
        ZENML_WORKSPACE_LOCAL_DIRECTORY: join(directory, 'runners'),
      }),
    }),
  ]);
  servers.push(reference, ours);
  const made = await makeSnapshots([reference.url, ours.url]);
  const sides = ['reference', 'ours'] as const;
  parties = await Promise.all(
    sides.map(async (side, index) => {
      const api = await connect(servers[index]?.url ?? '', 1);
      const snapshots = { ...made[index], 'not-installed': await createSnapshot(api, 'localhost/none', SAGEMAKER) };
      return { side, api, databaseUrl: `${database.url}/${databases[side]}`, snapshots, runs: new Map() };
    }),
  );
});

after(async () => {
  host?.stdin?.end();
  for (const party of parties ?? []) party.api.close();
  await Promise.all(servers.map((server) => server.stop()));
  await execute(...Object.values(databases).map((name) => `drop database if exists ${name}`));
  await database?.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function execute(...statements: string[]): Promise<void> {
  const connection = await createConnection(database.url);
  for (const statement of statements) await connection.query(statement);
  await connection.end();
}

/**
 * The reference starts runners with its own Python and without the variable that says where ZenML's configuration is: a Python of
 * the test's own says it to them, so that they keep away from the home of whoever runs the test.
 */
async function programsWithOwnConfiguration(): Promise<string> {
  const home = join(directory, 'venv');
  const run = promisify(execFile);
  await run(python, ['-m', 'venv', '--without-pip', home]);
  const own = join(home, 'bin', 'python');
  const packagesOf = async (program: string) =>
    (await run(program, ['-c', "import sysconfig; print(sysconfig.get_path('purelib'))"])).stdout.trim();
  const configuration = join(directory, 'runner-configuration');
  const setting = `import os; os.environ.setdefault('ZENML_CONFIG_PATH', '${configuration}')`;
  writeFileSync(join(await packagesOf(own), 'test.pth'), `${await packagesOf(python)}\n${setting}\n`);
  const programs = dirname(own);
  writeFileSync(join(programs, 'uvicorn'), `#!${own}\nfrom uvicorn.main import main\nmain()\n`, { mode: 0o755 });
  return programs;
}

/** Makes the snapshots that are run on each server. @returns of each the ids by name */
async function makeSnapshots(urls: readonly string[]): Promise<Record<string, string>[]> {
  const machine = join(directory, 'machine');
  mkdirSync(machine);
  const script = fileURLToPath(new URL('two_servers.py', import.meta.url));
  host = spawn(python, ['-B', script, machine, ...urls], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ZENML_TEST_USER: admin.user, ZENML_TEST_PASSWORD: admin.password },
  });
  const made: Record<string, string>[] = [];
  assert.ok(host.stdout);
  for await (const line of createInterface({ input: host.stdout })) {
    made.push(JSON.parse(line) as Record<string, string>);
    if (made.length === urls.length) return made;
  }
  const [code] = await once(host, 'exit');
  throw new Error(`${script} ended with exit code ${code}`);
}

/** How long a run may take on a small machine, milliseconds. */
const PATIENCE = 300_000;

/** Starts a snapshot, or replays the run of one, with one call. @returns the run's id, once it is over */
async function runToEnd({ api, snapshots, runs }: Party, name: string): Promise<string> {
  const run_name = `run of ${name}`;
  const replayed = runs.get(name.replace('replayed ', ''));
  const answer = replayed
    ? await api.post(`/runs/${replayed}/replay`, { run_name, steps_to_skip: ['produce'] })
    : await api.post(`/pipeline_snapshots/${snapshots[name]}/runs`, { run_configuration: { run_name } });
  const id = String(at(answer, 'id'));
  runs.set(name, id);
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(300)) {
    if (['completed', 'failed'].includes(String(await api.get(`/runs/${id}/status`)))) return id;
  }
  throw new Error(`The run of ${name} does not end.`);
}

/** What the two have made by chance, or by the time: the ends of paths, and the second of the start in substitutions. */
function withoutChance(text: string): string {
  return text
    .replace(
      /(\/(?:unseen|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})\/)[0-9a-f]{8}(?=[/"\\])/g,
      '$1(random)',
    )
    .replace(/(\/containers\/[\w-]+)-\w{8}\//g, '$1-(random)/')
    .replace(/\b\d\d_\d\d_\d\d_\d{6}\b/g, '(time)');
}

/** The one difference that is meant: why a run was not started, which the reference does not say. */
const REASON = /(Failed to start run)(?:\.|: (?:[^"\\]|\\.)*)(?=")/g;
const comparable = (text: string) => withoutChance(text).replace(REASON, '$1 (reason)');

/** All that clients see of a run. */
async function show({ api }: Party, id: string): Promise<Json> {
  const run = await api.get(`/runs/${id}?hydrate=true`);
  const snapshot = await api.get(`/pipeline_snapshots/${String(at(run, 'resources.snapshot.id'))}?hydrate=true`);
  const steps = await api.get(`/steps?pipeline_run_id=${id}&hydrate=true`);
  const artifacts = await api.get('/artifact_versions?hydrate=true&size=100');
  return JSON.parse(comparable(JSON.stringify({ run, snapshot, steps, artifacts }))) as Json;
}

async function rowsOf({ databaseUrl, side }: Party): Promise<Rows> {
  const rows = await readRows(databaseUrl, correspondence, side);
  return new Map([...rows].map(([table, found]) => [table, found.map(comparable).sort()]));
}

/** Where answers and rows differ. */
async function findDifferences(ids: readonly string[]): Promise<readonly object[]> {
  const [reference, ours] = await Promise.all(parties.map((party, index) => show(party, ids[index] ?? '')));
  const answers = correspondence.differences(reference, ours);
  const [left = new Map(), right = new Map()] = await Promise.all(parties.map(rowsOf));
  return [...answers, ...rowDifferences(left, right)];
}

const NO_REASON = { reference: null, ours: null };
const NOT_INSTALLED = {
  reference: 'Failed to start run.',
  ours: "Failed to start run: the runner ended with exit code 1: ImportError: No module named 'sagemaker'",
};

for (const [name, status, reasons] of [
  ['doubling', 'completed', NO_REASON],
  ['replayed doubling', 'completed', NO_REASON],
  ['failing', 'failed', NO_REASON],
  ['unreachable', 'failed', NO_REASON],
  ['not-installed', 'failed', NOT_INSTALLED],
] as const) {
  test(`the run of ${name} ends ${status} on both, and leaves the same`, async () => {
    const ids: string[] = [];
    // One after the other: on a busy machine the orchestrator's own patience ends.
    for (const party of parties) {
      const id = await runToEnd(party, name);
      const run = await party.api.get(`/runs/${id}`);
      assert.deepEqual([at(run, 'body.status'), at(run, 'body.status_reason')], [status, reasons[party.side]]);
      const log = (await party.api.get(`/runs/${id}/logs?source=runner`)) as Json[];
      assert.equal(log.length > 0, party.side === 'ours', 'the reference keeps no log of such runners');
      ids.push(id);
    }
    // Runners and steps have a last word to say after the run's end.
    let differences: readonly object[] = [];
    for (const end = Date.now() + 30_000; Date.now() < end; await sleep(1000)) {
      differences = await findDifferences(ids);
      if (differences.length === 0) break;
    }
    assert.deepEqual(differences, []);
  });
}
