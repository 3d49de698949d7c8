import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import { fromDatabaseId, newId, toDatabaseId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { workloadName } from '../launch.ts';
import { createLocalWorkloadManager } from '../local/local-workload-manager.ts';
import type { WorkloadManager } from '../manager.ts';
import { createRunnerLog, type RunnerLog } from './runner-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'runner-log-'));
let server: TestServer;
let manager: WorkloadManager;
let runnerLog: RunnerLog;

beforeAll(async () => {
  // A shell stands in for Python: what a workload's command says is what it runs.
  manager = createLocalWorkloadManager({ python: '/bin/sh', directory }, pino({ level: 'fatal' }));
  await manager.start();
  server = await startTestServer({
    queuesLaunches: true,
    createRunnerLog(db) {
      runnerLog = createRunnerLog(db, manager);
      return runnerLog;
    },
  });
});

afterAll(async () => {
  for (const { name } of await manager.list()) await manager.remove(name);
  await manager.stop();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** A run with the record of its runner's log. @returns ids in API form */
async function createRun(): Promise<{ runId: string; logsId: string }> {
  const { db } = server.database;
  const created = now();
  const [id, logsId, projectId] = [newId(), newId(), toDatabaseId(server.projectId)];
  const flags = { status: 'running', in_progress: 1, enable_heartbeat: 0, index: 0 };
  await db
    .insertInto('pipeline_run')
    .values({ id, created, updated: created, name: id, project_id: projectId, ...flags })
    .execute();
  await db
    .insertInto('logs')
    .values({ id: logsId, created, updated: created, source: 'runner', project_id: projectId, pipeline_run_id: id })
    .execute();
  return { runId: fromDatabaseId(id), logsId: fromDatabaseId(logsId) };
}

async function launch(runId: string, script: string, number = 1): Promise<void> {
  const nothing = { environment: {}, secretEnvironment: {}, needsClusterAccess: false };
  const whose = { runId, runName: '', snapshotId: '', pipelineId: undefined, pipelineName: undefined };
  await manager.launch({
    name: workloadName(runId, number),
    runId,
    launchNumber: number,
    kind: 'start',
    image: '',
    command: ['python', '-c'],
    arguments: [script],
    ...nothing,
    describedBy: { ...whose, projectId: '', userId: undefined },
  });
  await queue(runId, number, 'launched');
}

async function queue(runId: string, number: number, status: string): Promise<void> {
  const id = toDatabaseId(runId);
  await sql`insert into ws_launch (id, run_id, project_id, snapshot_id, kind, number, status, attempts, created, due)
    values (${newId()}, ${id}, ${id}, ${id}, 'start', ${number}, ${status}, 0, utc_timestamp(3), utc_timestamp(3))
    on duplicate key update status = ${status}`.execute(server.database.db);
}

interface Event {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
}

/** Reads server-sent events until the answer ends, or until `isEnough`. */
async function eventsOf(path: string, headers: Record<string, string>, isEnough: (events: Event[]) => boolean) {
  const aborting = new AbortController();
  const response = await server.fetch(path, { headers, signal: aborting.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const events: Event[] = [];
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString('utf8');
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block.split('\n').map((line) => line.split(/: (.*)/s));
      const event = Object.fromEntries(fields.filter(([name]) => name !== '' && name !== 'retry')) as Event;
      if (event.data !== undefined) events.push(event);
    }
    if (isEnough(events)) break;
  }
  aborting.abort();
  return events;
}

const messageOf = ({ data = '{}' }: Event) => (JSON.parse(data) as { message: string }).message;

test('a log is followed to its end, over all runners of the run, and goes on where a client was cut off', async () => {
  const { runId } = await createRun();
  await launch(runId, 'echo one; echo two; sleep 1; echo three');
  await queue(runId, 2, 'queued');
  const path = `/runs/${runId}/logs?source=runner&follow=true`;
  const first = await eventsOf(path, {}, (events) => events.length >= 2);
  // A slow machine may give the third with them.
  expect(first.slice(0, 2).map(messageOf)).toEqual(['one', 'two']);
  const rest = eventsOf(
    `/runs/${runId}/logs?source=runner`,
    {
      Accept: 'text/event-stream',
      'Last-Event-ID': first[0]?.id ?? '',
    },
    () => false,
  );
  await launch(runId, 'echo resumed', 2);
  const events = await rest;
  expect(events.at(-1)?.event).toBe('end');
  expect(events.slice(0, -1).map(messageOf)).toEqual(['two', 'three', 'resumed']);
  // Who follows a log for long must not make the server look slow.
  const metrics = await server.metrics.render();
  expect(metrics).toMatch(/^zenml_http_requests_total\{operation="run_logs_[^"]*",status="200"\} \d$/m);
  expect(metrics).not.toMatch(/^zenml_http_request_duration_seconds_count\{operation="run_logs_/m);
});

test('a server that stops ends what is followed without calling it the end', async () => {
  const { runId } = await createRun();
  await launch(runId, 'echo here; sleep 60');
  const events = await eventsOf(`/runs/${runId}/logs?source=runner&follow=True`, {}, (seen) => {
    if (seen.length === 1) runnerLog.endFollowing();
    return false;
  });
  expect(events.map(({ event }) => event)).toEqual([undefined, 'problem']);
});

test('a long log is read page by page, and an answer that is cut off says so', async () => {
  const { runId, logsId } = await createRun();
  await launch(runId, 'echo; seq 50001; echo last');
  for (let tries = 0; (await manager.status(workloadName(runId, 1))).phase !== 'succeeded' && tries < 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { body: cut } = await server.call<{ message: string }[]>('GET', `/runs/${runId}/logs?source=runner`);
  expect(cut).toHaveLength(50_001);
  const notice = cut.at(-1)?.message ?? '';
  expect(notice).toMatch(/^The log goes on: these are its first 50000 entries. The next ones: GET /);
  const next = /entries\?after=(\S+)$/.exec(notice)?.[1];
  const { body } = await server.call<{ items: { message: string }[] }>('GET', `/logs/${logsId}/entries?after=${next}`);
  expect(body.items.map(({ message }) => message)).toEqual(['50001', 'last']);
  expect(await server.call('GET', `/logs/${logsId}/entries?limit=2`)).toMatchObject({
    body: { items: [{ message: '1' }, { message: '2' }], before: null, after: expect.stringMatching(/^1\.\d+$/) },
  });
});

test.each([
  [`after=nonsense`, 400],
  [`start=newest`, 400],
  [`limit=0`, 422],
])('%s is refused', async (query, status) => {
  const { logsId } = await createRun();
  expect((await server.call('GET', `/logs/${logsId}/entries?${query}`)).status).toBe(status);
  expect((await server.call('GET', `/logs/${randomUUID()}/entries`)).status).toBe(404);
});
