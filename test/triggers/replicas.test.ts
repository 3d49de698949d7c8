import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { fromDatabaseId } from '../../server/src/database/ids.ts';
import { createSnapshot } from '../chaos/launched-snapshot.ts';
import { type Api, connect } from '../servers/api.ts';
import { at, type JsonObject } from '../servers/json.ts';
import { databaseServer, type RunningServer, startOurs } from '../servers/servers.mjs';

const SCHEDULES = 6;
/** Seconds between two times of a schedule, and for how long they go on. */
const PERIOD = 4;
const DURATION = 28;
/** How long all may take on a small machine, milliseconds. */
const PATIENCE = 120_000;

const directory = mkdtempSync(join(tmpdir(), 'zenml-triggers-'));
let database: Awaited<ReturnType<typeof databaseServer>>;
let databaseUrl: string;
let replicas: RunningServer[] = [];
let api: Api;
/** Of the replica whose clock is off. */
let otherApi: Api;

const environment = {
  ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE:
    'zenml.zen_server.pipeline_execution.in_memory_workload_manager.InMemoryWorkloadManager',
  ZENML_SERVER_SERVER_URL: 'http://127.0.0.1:1',
  // A runner that ends at once: its run fails, which others wait for.
  ZENML_WORKSPACE_LOCAL_PYTHON: '/bin/true',
  ZENML_WORKSPACE_LOCAL_DIRECTORY: join(directory, 'runners'),
  ZENML_WORKSPACE_SCHEDULE_CATCH_UP: 'all',
};

/** Starts a replica whose clock may be some minutes off. */
function startReplica(minutesOff = 0): Promise<RunningServer> {
  const clock = new URL('../../server/src/testing/shifted-clock.ts', import.meta.url);
  const preload = encodeURIComponent(`import { shiftClock } from '${clock}'; shiftClock(${minutesOff});`);
  const options = { NODE_OPTIONS: `--import=data:text/javascript,${preload}` };
  return startOurs({ databaseUrl, directory, environment: { ...environment, ...options } });
}

before(async () => {
  database = await databaseServer();
  databaseUrl = `${database.url}/triggers_${process.pid}`;
  // One is never killed, so that there is somebody to ask.
  replicas = [await startReplica(), await startReplica(7)];
  api = await connect(replicas[0]?.url ?? '', 1);
  otherApi = await connect(replicas[1]?.url ?? '', 1);
});

after(async () => {
  api?.close();
  otherApi?.close();
  await Promise.all(replicas.map((replica) => replica.stop()));
  if (process.env['ZENML_TEST_DATABASE_URL']) await execute(`drop database if exists triggers_${process.pid}`);
  await database?.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function execute<Row>(statement: string): Promise<Row[]> {
  const connection = await createConnection({ uri: databaseUrl, dateStrings: true });
  try {
    return (await connection.query(statement))[0] as Row[];
  } finally {
    await connection.end();
  }
}

/** Ends the replica that nobody asks, without a word, and starts another, whose clock is off in the other direction. */
async function replaceReplica(minutesOff: number): Promise<void> {
  const victim = replicas.pop();
  assert.ok(victim?.pid);
  process.kill(victim.pid, 'SIGKILL');
  await sleep(randomInt(500, 2000));
  replicas.push(await startReplica(minutesOff));
}

interface Fired {
  id: string;
  runs: number;
  running: number;
}

/** How many runs each trigger has started, and how many of these are not over. */
async function readFired(): Promise<Fired[]> {
  const rows = await execute<Fired>(`select execution.trigger_id as id, count(*) as runs,
    cast(sum(run.in_progress) as signed) as running from trigger_execution as execution
    join pipeline_run as run on run.id = execution.pipeline_run_id group by execution.trigger_id`);
  return rows.map((row) => ({ ...row, id: fromDatabaseId(row.id) }));
}

async function isSomethingLeft(): Promise<boolean> {
  const [left] = await execute<{ count: number }>(`select
    (select count(*) from ws_trigger_firing) + (select count(*) from \`trigger\` where next_occurrence is not null)
    + (select count(*) from pipeline_run where in_progress = 1) as count`);
  return Number(left?.count) > 0;
}

test('each time of a schedule, and each end of a run, is fired once, whichever replica dies and whatever its clock says', async () => {
  const source = await createSnapshot(api, 'localhost/none');
  const { body: made } = (await api.get(`/pipeline_snapshots/${source}`)) as { body: JsonObject };
  const project = String(made['project_id']);
  await api.put(`/pipeline_snapshots/${source}`, { name: 'scheduled' });
  const pipeline = String(at(await api.get(`/pipeline_snapshots/${source}`), 'resources.pipeline.id'));
  const trigger = async (more: JsonObject, asked = api) => {
    const answer = await asked.post('/triggers', { project, concurrency: 'submit', ...more });
    return { id: String(at(answer, 'id')), next: String(at(answer, 'body.next_occurrence')) };
  };
  const attach = (id: string, snapshot: string) => api.put(`/triggers/${id}/pipeline_snapshots/${snapshot}`, {});

  const onFailure = await trigger({
    type: 'platform_event',
    name: 'on-failure',
    source_entity: { type: 'pipeline', id: pipeline },
    target_events: ['run_failed'],
  });
  const follower = await otherSnapshot(source, project);
  await attach(onFailure.id, follower);
  const end = new Date(Date.now() + DURATION * 1000);
  const schedules = [];
  for (let index = 0; index < SCHEDULES; index += 1) {
    const timetable = {
      type: 'schedule',
      name: `schedule-${index}`,
      cron_expression: `* * * * * */${PERIOD}`,
      // Not before its snapshot is attached.
      start_time: new Date(Date.now() + 5000).toISOString(),
      end_time: end.toISOString(),
    };
    const schedule = await trigger(timetable, index % 2 === 0 ? api : otherApi);
    await attach(schedule.id, source);
    schedules.push(schedule);
  }

  for (let off = -7; Date.now() < end.getTime(); off = -off) await replaceReplica(off);
  for (const patience = Date.now() + PATIENCE; Date.now() < patience && (await isSomethingLeft()); await sleep(500));

  const times = (next: string) => Math.floor((end.getTime() - Date.parse(`${next}Z`)) / 1000 / PERIOD) + 1;
  const fired = new Map((await readFired()).map((row) => [row.id, row]));
  let all = 0;
  for (const { id, next } of schedules) {
    const { runs, running } = fired.get(id) ?? { runs: 0, running: 0 };
    assert.deepEqual({ runs: Number(runs), running: Number(running) }, { runs: times(next), running: 0 });
    all += times(next);
  }
  assert.ok(all >= (SCHEDULES * DURATION) / PERIOD / 3, `${all} times have come`);
  assert.equal(Number(fired.get(onFailure.id)?.runs), all, 'each of these runs has failed, and was followed by one');
  const [launches] = await execute<{ launches: number; runs: number }>(
    'select count(*) as launches, count(distinct run_id) as runs from ws_launch',
  );
  assert.deepEqual(launches, { launches: 2 * all, runs: 2 * all });
});

/** A snapshot of another pipeline, with the same stack. */
async function otherSnapshot(source: string, project: string): Promise<string> {
  const { resources } = (await api.get(`/pipeline_snapshots/${source}`)) as { resources: JsonObject };
  const stack = String(at(resources, 'stack.id'));
  const pipeline = String(at(await api.post('/pipelines', { project, name: 'follow' }), 'id'));
  const images = { orchestrator: { image: 'localhost/none' } };
  const flags = { is_local: false, contains_code: true, zenml_version: '0.98.0' };
  const build = String(at(await api.post('/pipeline_builds', { project, pipeline, stack, images, ...flags }), 'id'));
  const config = { name: 'fit' };
  const spec = {
    source: { module: 'm', attribute: 'fit', type: 'user' },
    upstream_steps: [],
    invocation_id: 'fit',
  };
  const snapshot = await api.post('/pipeline_snapshots', {
    project,
    pipeline,
    stack,
    build,
    name: 'following',
    run_name_template: 'follow-{date}-{time}',
    pipeline_configuration: { name: 'follow' },
    step_configurations: { fit: { spec, config, step_config_overrides: config } },
  });
  return String(at(snapshot, 'id'));
}
