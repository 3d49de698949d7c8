import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { createCompletion } from '../../contract/completion.ts';
import { readContract } from '../../contract/document.ts';
import type { Model } from '../../contract/operation-types.ts';
import { createDatabase, type DatabaseHandle } from '../../database/database.ts';
import { readDatabaseTime } from '../../database/database-time.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { createRunnableSnapshot } from '../../testing/runnable-snapshots.ts';
import { shiftClock } from '../../testing/shifted-clock.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { enqueueLaunch } from '../../workloads/dispatcher/launch-store.ts';
import { createRunsService } from '../runs/runs-service.ts';
import { createOnboarding } from '../server/onboarding.ts';
import { createSnapshotRunsService, type EnqueueLaunch } from '../snapshot-runs/snapshot-runs-service.ts';
import { type CatchUp, fireDueSchedule } from './due-schedules-service.ts';
import { type FiringParts, fireNext } from './firing-service.ts';
import { noteRunEnded } from './platform-events-service.ts';
import { startTriggerFirer } from './trigger-firer.ts';

type Trigger = Model<'ScheduleTriggerResponse'>;
type Run = Model<'PipelineRunResponse'>;

/** Where triggers are fired from. */
interface Replica {
  readonly database: DatabaseHandle;
  readonly parts: FiringParts;
}

const QUEUE_LIMIT = 10_000;
let server: TestServer;
let replicas: Replica[];
let pipelineId: string;
beforeAll(async () => {
  server = await startTestServer({ queuesLaunches: true });
  pipelineId = await createPipeline('fired');
  const enqueue: EnqueueLaunch = (transaction, request) => enqueueLaunch(transaction, request, QUEUE_LIMIT);
  replicas = [1, 2].map(() => createReplica(enqueue));
});
afterAll(async () => {
  await Promise.all(replicas.map(({ database }) => database.destroy()));
  await server.stop();
});

function createReplica(enqueue: EnqueueLaunch): Replica {
  const database = createDatabase(server.database.config);
  const complete = createCompletion(readContract());
  const runs = createRunsService(createOnboarding(), noteRunEnded);
  const snapshotRuns = createSnapshotRunsService({ complete, runs, enqueueLaunch: enqueue });
  return { database, parts: { db: database.db, snapshotRuns, onError: () => undefined } };
}

async function createPipeline(name: string): Promise<string> {
  const { body } = await server.call('POST', '/pipelines', { project: server.projectId, name });
  return String(body['id']);
}

async function createTrigger(name: string, more: object): Promise<string> {
  const request = { project: server.projectId, name, ...more };
  const { status, body } = await server.call('POST', '/triggers', request);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return String(body['id']);
}

/** A trigger that runs a snapshot of a pipeline. */
async function createAttached(name: string, more: object, pipeline = pipelineId) {
  const id = await createTrigger(name, more);
  const snapshotId = await createRunnableSnapshot(server, pipeline, { name: `${name}-snapshot` });
  const { status } = await server.call('PUT', `/triggers/${id}/pipeline_snapshots/${snapshotId}`);
  expect(status).toBe(200);
  return { id, snapshotId };
}

const HOURLY = { type: 'schedule', cron_expression: '0 * * * *', concurrency: 'submit' };

/** Lets the server have slept: a schedule's next time is some seconds ago. */
async function overdue(triggerId: string, seconds: number): Promise<void> {
  await sql`update \`trigger\` set next_occurrence = date_format(utc_timestamp() - interval ${seconds} second, '%Y-%m-%d %H:00:00')
    where id = ${toDatabaseId(triggerId)}`.execute(server.database.db);
}

/** Does all that is to be done, with several workers per replica side by side. */
async function fireAll(catchUp: CatchUp = 'latest', used = replicas): Promise<void> {
  const exhaust = async (step: () => Promise<boolean>) => {
    while (await step());
  };
  const workers = used.flatMap((replica) => [replica, replica]);
  await Promise.all(workers.map(({ parts }) => exhaust(() => fireDueSchedule(parts.db, catchUp))));
  await Promise.all(workers.map(({ parts }) => exhaust(() => fireNext(parts))));
}

async function runsOf(triggerId: string): Promise<Run[]> {
  const { body } = await server.call<{ items: Run[] }>('GET', `/runs?trigger_id=${triggerId}&hydrate=true&size=100`);
  return body.items;
}

async function stateOf({ id, snapshotId }: { id: string; snapshotId: string }) {
  const { body } = await server.call<Trigger>('GET', `/triggers/${id}`);
  return body.resources?.snapshot_dispatch_states?.[snapshotId];
}

async function endRun(id: string, status: string): Promise<void> {
  await sql`update pipeline_snapshot set is_dynamic = 1 where id = (
    select snapshot_id from pipeline_run where id = ${toDatabaseId(id)})`.execute(server.database.db);
  expect((await server.call('PUT', `/runs/${id}`, { status })).status).toBe(200);
}

const count = async (table: string) =>
  Number(
    (await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(server.database.db)).rows[0]?.n,
  );

describe('schedules', () => {
  test('fire once for each of their times, over several replicas', async () => {
    const triggers = [];
    for (const index of [1, 2, 3, 4, 5, 6]) triggers.push(await createAttached(`side-by-side-${index}`, HOURLY));
    const before = await count('ws_launch');
    for (const { id } of triggers) await overdue(id, 0);
    await fireAll();
    for (const trigger of triggers) {
      const [run, ...others] = await runsOf(trigger.id);
      expect(others).toEqual([]);
      expect(run).toMatchObject({ body: { status: 'initializing' }, resources: { trigger: { id: trigger.id } } });
      expect(await stateOf(trigger)).toMatchObject({
        last_status: 'SUCCESS',
        last_status_details: { run_id: run?.id },
      });
      const { body } = await server.call<Trigger>('GET', `/triggers/${trigger.id}`);
      expect(Date.parse(`${body.body?.next_occurrence}Z`)).toBeGreaterThan(Date.now());
    }
    expect(await count('ws_launch')).toBe(before + triggers.length);
    expect(await count('ws_trigger_firing')).toBe(0);
  });

  test('fire by themselves, whichever replica looks first', async () => {
    const trigger = await createAttached('by-itself', HOURLY);
    const log = pino({ level: 'fatal' });
    const firers = replicas.map(({ parts }) => startTriggerFirer({ ...parts, catchUp: 'latest', log }));
    await overdue(trigger.id, 0);
    for (let looks = 0; looks < 200 && (await runsOf(trigger.id)).length === 0; looks++) await sleep(50);
    for (const firer of firers) firer.wake();
    await Promise.all(firers.map((firer) => firer.stop()));
    expect(await runsOf(trigger.id)).toHaveLength(1);
  });

  test.each<[CatchUp, number]>([
    ['latest', 1],
    ['none', 0],
    ['all', 4],
  ])('that were missed while no server ran: %s', async (catchUp, expected) => {
    const { id } = await createAttached(`missed-${catchUp}`, HOURLY);
    // Three hours and the one that has begun; more than a minute ago in any case.
    await overdue(id, 3 * 3600);
    await fireAll(catchUp);
    expect(await runsOf(id)).toHaveLength(expected);
  });

  test('end with their last time, and rest where they cannot be read', async () => {
    const ended = await createAttached('ended', { ...HOURLY, end_time: '2020-01-01T00:00:00' });
    const defect = await createAttached('defect', HOURLY);
    await sql`update \`trigger\` set configuration = '{"cron_expression":"H H * * *"}'
      where id = ${toDatabaseId(defect.id)}`.execute(server.database.db);
    for (const { id } of [ended, defect]) await overdue(id, 0);
    await fireAll();
    for (const { id } of [ended, defect]) {
      expect(await runsOf(id)).toEqual([]);
      const { body } = await server.call<Trigger>('GET', `/triggers/${id}`);
      expect(body.body?.next_occurrence).toBeNull();
    }
    expect(await stateOf(defect)).toMatchObject({ last_status: 'ERROR', last_error_severity: 'Critical' });
  });

  test('that have one time fire once, whatever is changed of them afterwards', async () => {
    const once = { type: 'schedule', run_once_start_time: '2026-01-01T00:00:00', concurrency: 'submit' };
    const { id } = await createAttached('once', once);
    const rename = (name: string) => server.call('PUT', `/triggers/${id}`, { ...once, name });
    await fireDueSchedule(server.database.db, 'latest');
    await rename('renamed before it was fired');
    await fireAll();
    await rename('renamed after it was fired');
    await fireAll();
    expect(await runsOf(id)).toHaveLength(1);
  });

  test.each([7, -7])('go by the database’s time on a replica whose clock is %i minutes off', async (minutes) => {
    const time = await readDatabaseTime(server.database.db);
    const setRight = shiftClock(minutes);
    try {
      const id = await createTrigger(`minutely-${minutes}`, { ...HOURLY, cron_expression: '* * * * *' });
      const { body } = await server.call<Trigger>('GET', `/triggers/${id}`);
      const wait = Date.parse(`${body.body?.next_occurrence}Z`) - time.getTime();
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThan(100_000);

      const start = new Date(time.getTime() - 2000).toISOString();
      const once = { type: 'schedule', run_once_start_time: start, concurrency: 'submit' };
      const single = await createAttached(`single-${minutes}`, once);
      await fireAll();
      await server.call('PUT', `/triggers/${single.id}`, { ...once, name: `changed-${minutes}` });
      await fireAll();
      expect(await runsOf(single.id)).toHaveLength(1);
    } finally {
      setRight();
    }
  });

  test('leave out a time while their run goes on, and stop at their number of runs', async () => {
    const trigger = await createAttached('careful', { ...HOURLY, concurrency: 'skip', max_runs: 2 });
    const turn = async () => {
      await overdue(trigger.id, 0);
      await fireAll();
      return (await stateOf(trigger))?.last_status;
    };
    expect(await turn()).toBe('SUCCESS');
    expect(await turn()).toBe('SKIPPED_CONCURRENCY');
    await endRun((await runsOf(trigger.id))[0]?.id ?? '', 'completed');
    expect(await turn()).toBe('SUCCESS');
    expect(await turn()).toBe('SKIPPED_MAX_RUNS');
    expect(await runsOf(trigger.id)).toHaveLength(2);
  });
});

describe('what goes wrong', () => {
  test('with a snapshot is noted and counted, while the trigger’s other snapshots are run', async () => {
    const trigger = await createAttached('half', HOURLY);
    const broken = await createRunnableSnapshot(server, pipelineId, { name: 'broken' });
    await server.call('PUT', `/triggers/${trigger.id}/pipeline_snapshots/${broken}`);
    await sql`update pipeline_snapshot set build_id = null where source_snapshot_id = ${toDatabaseId(broken)}`.execute(
      server.database.db,
    );
    for (const times of [1, 2]) {
      await overdue(trigger.id, 0);
      await fireAll();
      expect(await runsOf(trigger.id)).toHaveLength(times);
      expect(await stateOf({ id: trigger.id, snapshotId: broken })).toMatchObject({
        last_status: 'ERROR',
        last_error_type: 'ValueError',
        last_error_severity: 'Major',
        last_error_count: times,
      });
    }
  });

  test('with the server in the middle of it leaves all or nothing, and is done again', async () => {
    const trigger = await createAttached('interrupted', HOURLY);
    const before = await count('pipeline_run');
    let fails = true;
    const failing = createReplica(async (transaction, request) => {
      const launch = await enqueueLaunch(transaction, request, QUEUE_LIMIT);
      if (fails) throw new Error('gone in the middle');
      return launch;
    });
    await overdue(trigger.id, 0);
    await fireAll('latest', [failing]);
    expect(await count('pipeline_run')).toBe(before);
    expect(await stateOf(trigger)).toMatchObject({ last_status: 'ERROR', last_error_severity: 'Minor' });
    fails = false;
    await sql`update ws_trigger_firing set due = utc_timestamp(3)`.execute(server.database.db);
    await fireAll('latest', [failing, ...replicas]);
    await failing.database.destroy();
    expect(await runsOf(trigger.id)).toHaveLength(1);
    expect((await stateOf(trigger))?.last_status).toBe('SUCCESS');
  });

  test('where the queue is full waits for room', async () => {
    const trigger = await createAttached('crowded', HOURLY);
    const full = createReplica((transaction, request) => enqueueLaunch(transaction, request, 0));
    await overdue(trigger.id, 0);
    await fireAll('latest', [full]);
    await full.database.destroy();
    expect(await stateOf(trigger)).toMatchObject({ last_error_type: 'MaxConcurrentTasksError' });
    await sql`update ws_trigger_firing set due = utc_timestamp(3)`.execute(server.database.db);
    await fireAll();
    expect(await runsOf(trigger.id)).toHaveLength(1);
  });
});

describe('the end of a run', () => {
  test('fires who waits for it, once, tells the run where it comes from, and goes in no circles', async () => {
    const [first = '', second = ''] = [await createPipeline('first'), await createPipeline('second')];
    const start = await createAttached('start', HOURLY, first);
    const events = (id: string, ...target_events: string[]) => ({
      type: 'platform_event',
      source_entity: { type: 'pipeline', id },
      target_events,
    });
    const onward = await createAttached('onward', events(first, 'run_completed'), second);
    const onFailure = await createAttached('on-failure', events(first, 'run_failed'), second);
    const back = await createAttached('back', events(second, 'run_completed', 'run_failed'), first);
    await overdue(start.id, 0);
    await fireAll();
    const [upstream] = await runsOf(start.id);
    await endRun(upstream?.id ?? '', 'completed');
    await fireAll();
    const [downstream, ...others] = await runsOf(onward.id);
    expect(others).toEqual([]);
    expect(downstream?.metadata?.trigger_execution_info).toEqual({
      upstream_run_id: upstream?.id,
      upstream_pipeline_ids: [first],
      webhook_upstream_event: null,
    });
    expect(await runsOf(onFailure.id)).toEqual([]);
    await endRun(downstream?.id ?? '', 'failed');
    await fireAll();
    expect(await runsOf(back.id)).toEqual([]);
    expect(await stateOf(back)).toMatchObject({
      last_status: 'SKIPPED_TRIGGER_CYCLE',
      last_status_details: { upstream_pipeline_ids: [first, second] },
    });
  });

  test('is nothing to triggers that were switched off meanwhile', async () => {
    const source = await createAttached('source', HOURLY);
    const update = { type: 'platform_event', source_entity: { type: 'pipeline_snapshot', id: source.snapshotId } };
    const events = { ...update, target_events: ['run_completed'] };
    const waiting = await createAttached('switched-off', events, await createPipeline('third'));
    await overdue(source.id, 0);
    await fireAll();
    await endRun((await runsOf(source.id))[0]?.id ?? '', 'completed');
    expect(await count('ws_trigger_firing')).toBe(1);
    await server.call('PUT', `/triggers/${waiting.id}`, { name: 'switched-off', ...events, active: false });
    await fireAll();
    expect(await runsOf(waiting.id)).toEqual([]);
    expect(await count('ws_trigger_firing')).toBe(0);
  });
});

describe('an event of a webhook', () => {
  test('fires who waits for it, also where its provider sends it twice, and its body is kept', async () => {
    const request = { project: server.projectId, name: 'code', webhook_type: 'github', secret: 'secret' };
    const { body: webhook } = await server.call<Model<'WebhookResponse'>>('POST', '/webhooks', request);
    const waits = (branch: string) => ({
      type: 'webhook',
      webhook_id: webhook.id,
      concurrency: 'submit',
      configuration: { target_events: [{ type: 'push', branch }] },
    });
    const onMain = await createAttached('on-main', waits('main'));
    const onOther = await createAttached('on-other', waits('other'));
    const text = '{"ref":"refs/heads/main", "repository":{"full_name":"a/b"}, "size":12345678901234567890}';
    const send = (delivery: string) =>
      server.fetch(`/webhooks/github/${webhook.id}/events`, {
        method: 'POST',
        body: text,
        headers: {
          'x-github-event': 'push',
          'x-github-delivery': delivery,
          'x-hub-signature-256': `sha256=${createHmac('sha256', 'secret').update(text).digest('hex')}`,
        },
      });
    const answers = await Promise.all([send('d-1'), send('d-1'), send('d-1'), send('d-2')]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    await fireAll();
    const runs = await runsOf(onMain.id);
    expect(runs).toHaveLength(2);
    expect(await runsOf(onOther.id)).toEqual([]);
    const event = { type: 'push', repo: 'a/b', branch: 'main', actor: null, commit: null };
    const told = runs.map((run) => run.metadata?.trigger_execution_info?.webhook_upstream_event?.['github']);
    expect(told).toContainEqual({ webhook_id: webhook.id, delivery_id: 'd-1', event_type: 'push', event });
    const kept = await server.fetch(`/webhooks/${webhook.id}/events/raw?delivery_id=d-1`);
    expect(await kept.text()).toBe(`{"body":${text}}`);
  });
});
