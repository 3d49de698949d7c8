import { sql } from 'kysely';
import { createCompletion } from '../../contract/completion.ts';
import { readContract } from '../../contract/document.ts';
import { fromDatabaseId, newId, toDatabaseId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { inTransaction } from '../../database/transaction.ts';
import { queueLaunches } from '../../testing/queued-launches.ts';
import { createPipeline, createRunnableSnapshot } from '../../testing/runnable-snapshots.ts';
import { insertUser, QUEUE_LENGTH, startTestServer, type TestServer } from '../../testing/test-server.ts';
import { enqueueLaunch } from '../../workloads/dispatcher/launch-store.ts';
import { noteQueuePositions } from '../../workloads/dispatcher/queue-positions.ts';
import { createRunsService } from '../runs/runs-service.ts';
import { createOnboarding } from '../server/onboarding.ts';
import { createSnapshotRunsService } from './snapshot-runs-service.ts';

interface Run {
  id: string;
  name: string;
  body: Record<string, unknown>;
  metadata: { config: Record<string, unknown> } & Record<string, unknown>;
  resources: { snapshot: { id: string }; [name: string]: unknown };
}

let server: TestServer;
let pipelineId: string;
beforeAll(async () => {
  server = await startTestServer({ queuesLaunches: true });
  pipelineId = await createPipeline(server);
});
afterAll(() => server.stop());

const runSnapshot = (id: string, configuration?: object, headers: Record<string, string> = {}) =>
  server.call<Run>('POST', `/pipeline_snapshots/${id}/runs`, { run_configuration: configuration ?? null }, headers);
const detailOf = (body: unknown) => (body as { detail: string[] }).detail;

async function launches(runId: string) {
  const { rows } = await sql<Record<string, unknown>>`select * from ws_launch
    where run_id = ${toDatabaseId(runId)}`.execute(server.database.db);
  return rows;
}

describe('running a snapshot', () => {
  test('writes a snapshot of its own, a run that waits, the record of its log and a launch', async () => {
    const source = await createRunnableSnapshot(server, pipelineId, { name: 'nightly' });
    const configuration = { steps: { fit: { parameters: { rate: 0.5 } } }, tags: ['blue'], enable_cache: false };
    const { status, body: run } = await runSnapshot(source, configuration);
    expect(status).toBe(200);
    expect(run.name).toMatch(/^train-\d{4}_\d\d_\d\d-\d\d_\d\d_\d\d_\d{6}$/);
    expect(run.body).toMatchObject({ status: 'initializing', status_reason: 'Queued for snapshot execution.' });
    expect(run.resources).toMatchObject({
      source_snapshot: { id: source },
      tags: [{ name: 'blue' }],
      log_collection: [{ body: { source: 'runner' } }],
    });
    const { body: derived } = await server.call<Run>('GET', `/pipeline_snapshots/${run.resources.snapshot.id}`);
    expect(derived).toMatchObject({
      name: null,
      metadata: {
        source_snapshot_id: source,
        code_path: 's3://code.tar.gz',
        pipeline_configuration: {
          enable_cache: false,
          settings: { 'orchestrator:kubernetes': { synchronous: false } },
        },
        step_configurations: { fit: { config: { parameters: { rate: 0.5 } }, spec: { invocation_id: 'fit' } } },
      },
    });
    expect(await launches(run.id)).toMatchObject([
      { snapshot_id: toDatabaseId(derived.id), kind: 'start', number: 1, status: 'queued' },
    ]);
  });

  test('happens once per idempotency key, and as often as it is asked for without', async () => {
    const source = await createRunnableSnapshot(server, pipelineId);
    const key = { 'Idempotency-Key': fromDatabaseId(newId()) };
    const same = await Promise.all([1, 2, 3].map(() => runSnapshot(source, {}, key)));
    expect(new Set(same.map(({ body }) => body.id)).size).toBe(1);
    const others = await Promise.all(Array.from({ length: 40 }, () => runSnapshot(source)));
    expect(new Set(others.map(({ body }) => body.name)).size).toBe(40);
    expect(others.every(({ status }) => status === 200)).toBe(true);
  });

  test.each([
    ['without an image', { build: undefined }, /does not have an associated build/],
    ['on local components', { flavor: 'local' }, /includes local stack components/],
    ['on a flavor that nobody else has', { isCustom: 1 }, /custom flavor/],
    ['of a stack that has changed', { checksum: 'of another stack' }, /The stack .* has been updated since/],
  ])('is refused %s', async (_title, wanted, message) => {
    const { status, body } = await runSnapshot(await createRunnableSnapshot(server, pipelineId, wanted));
    expect([status, ...detailOf(body)]).toEqual([400, 'ValueError', expect.stringMatching(message)]);
  });

  test.each<[string, object, number, string | RegExp]>([
    ['parameters of a static pipeline', { parameters: { a: 1 } }, 400, /Can't set pipeline parameters/],
    ['unknown parameters', { steps: { fit: { parameters: { speed: 1 } } } }, 400, /for step fit: \{'speed'\}\.$/],
    ['an unknown secret', { secrets: ['gone'] }, 404, /no secret with this name exists/],
    ['a name that needs more than it has', { run_name: '{author}' }, 404, /Missing key: 'author'/],
    ['settings of no component', { settings: { alerter: {} } }, 400, /Unable to resolve settings key `alerter`/],
  ])('is refused with %s, and leaves nothing', async (_title, configuration, expected, message) => {
    const source = await createRunnableSnapshot(server, pipelineId);
    const before = await countRows();
    const { status, body } = await runSnapshot(source, configuration);
    expect([status, detailOf(body)[1]]).toEqual([expected, expect.stringMatching(message)]);
    expect(await countRows()).toEqual(before);
  });

  test('is refused for a snapshot that is not there', async () => {
    expect((await runSnapshot(fromDatabaseId(newId()))).status).toBe(404);
  });

  test('finds secrets by name that the caller may use', async () => {
    const values = { token: 'x' };
    const secret = await server.call('POST', '/secrets', { name: 'mine', private: true, values });
    const source = await createRunnableSnapshot(server, pipelineId);
    const { body } = await runSnapshot(source, { secrets: ['mine'] });
    expect(body.metadata.config['secrets']).toEqual([secret.body['id']]);
    server.actAs(fromDatabaseId(await insertUser(server.database, 'colleague')));
    expect((await runSnapshot(source, { secrets: ['mine'] })).status).toBe(404);
    server.actAs(undefined);
  });

  test('keeps what the configuration leaves open, and takes the short forms of hooks and policies', async () => {
    const configuration = {
      success_hook_source: 'hooks.done',
      cache_policy: 'default',
      steps: { fit: { enable_cache: false, retry: { max_retries: 3 } } },
    };
    const { status, body } = await runSnapshot(await createRunnableSnapshot(server, pipelineId), configuration);
    expect(status).toBe(200);
    expect(body.metadata.config).toMatchObject({
      success_hook_source: { module: 'hooks', attribute: 'done', type: 'unknown' },
      cache_policy: { include_step_code: true, expires_after: null },
    });
    const { body: derived } = await server.call('GET', `/pipeline_snapshots/${body.resources.snapshot.id}`);
    expect(derived).toMatchObject({
      metadata: {
        step_configurations: {
          fit: { config: { heartbeat_healthy_threshold: 45, retry: { max_retries: 3, delay: 0 } } },
        },
      },
    });
    const refused = await runSnapshot(await createRunnableSnapshot(server, pipelineId), { cache_policy: 'none' });
    expect(refused.status).toBe(422);
  });

  test('takes settings for the components of its own stack, and starts on that of its build', async () => {
    const [source, other] = [
      await createRunnableSnapshot(server, pipelineId),
      await createRunnableSnapshot(server, pipelineId, { flavor: 'vertex' }),
    ].map(toDatabaseId);
    await sql`update pipeline_snapshot set build_id = (select build_id from
      (select * from pipeline_snapshot) as other where other.id = ${other}) where id = ${source}`.execute(
      server.database.db,
    );
    const configuration = { steps: { fit: { settings: { orchestrator: { cpu: 4 } } } } };
    const { body } = await runSnapshot(fromDatabaseId(source ?? ''), configuration);
    const { body: derived } = await server.call<Run>('GET', `/pipeline_snapshots/${body.resources.snapshot.id}`);
    expect(derived.metadata).toMatchObject({
      pipeline_configuration: { settings: { 'orchestrator:vertex': { synchronous: false } } },
      step_configurations: { fit: { config: { settings: { 'orchestrator:kubernetes': { cpu: 4 } } } } },
    });
  });

  test('knows its place in the queue', async () => {
    const { db } = server.database;
    await sql`delete from ws_launch`.execute(db);
    const source = await createRunnableSnapshot(server, pipelineId);
    const ids: string[] = [];
    for (let run = 0; run < 3; run++) ids.push((await runSnapshot(source)).body.id);
    await noteQueuePositions(db);
    const reasons = ids.map(async (id) => (await server.call<Run>('GET', `/runs/${id}`)).body.body.status_reason);
    const queued = 'Queued for snapshot execution:';
    expect(await Promise.all(reasons)).toEqual([
      `${queued} it is the next.`,
      `${queued} 1 run is before it.`,
      `${queued} 2 runs are before it.`,
    ]);
  });

  test('is put off with 429 where too many of its project wait, and leaves nothing', async () => {
    const source = await createRunnableSnapshot(server, pipelineId);
    const { db } = server.database;
    await queueLaunches(db, toDatabaseId(server.projectId), QUEUE_LENGTH);
    const before = await countRows();
    const { status, body } = await runSnapshot(source);
    expect([status, detailOf(body)[0]]).toEqual([429, 'MaxConcurrentTasksError']);
    expect(await countRows()).toEqual(before);
    await sql`delete from ws_launch`.execute(db);
  });

  test('is queued however many of another project wait', async () => {
    const { db } = server.database;
    await queueLaunches(db, newId(), QUEUE_LENGTH);
    expect((await runSnapshot(await createRunnableSnapshot(server, pipelineId))).status).toBe(200);
    await sql`delete from ws_launch`.execute(db);
  });
});

test('a run template runs its snapshot', async () => {
  const snapshot = await createRunnableSnapshot(server, pipelineId);
  const project = server.projectId;
  const request = { project, name: 'template', source_snapshot_id: snapshot };
  const template = await server.call<{ id: string }>('POST', '/run_templates', request);
  const path = `/run_templates/${template.body.id}/runs`;
  const { status, body } = await server.call<Run>('POST', path, { run_name: 'from-template' });
  expect([status, body.name, body.metadata['template_id']]).toEqual([200, 'from-template', template.body.id]);
  await server.call('DELETE', `/pipeline_snapshots/${snapshot}`);
  const refused = await server.call('POST', path);
  expect([refused.status, detailOf(refused.body)[1]]).toEqual([400, expect.stringMatching(/has no source snapshot/)]);
});

describe('a replay', () => {
  test('notes the run that it repeats and what it takes over', async () => {
    const { body: original } = await runSnapshot(await createRunnableSnapshot(server, pipelineId));
    const artifact = fromDatabaseId(newId());
    const configuration = { steps_to_skip: ['fit'], step_input_overrides: { fit: { data: artifact } } };
    const { status, body } = await server.call<Run>('POST', `/runs/${original.id}/replay`, configuration);
    expect(status).toBe(200);
    expect(body.resources['original_run']).toMatchObject({ id: original.id });
    expect(body.metadata.config).toMatchObject(configuration);
  });

  test('takes artifacts for inputs, and no other values', async () => {
    const { body: original } = await runSnapshot(await createRunnableSnapshot(server, pipelineId));
    const configuration = { step_default_input_overrides: { fit: { data: 7 } } };
    const { status, body } = await server.call('POST', `/runs/${original.id}/replay`, configuration);
    expect([status, detailOf(body)[1]]).toEqual([400, expect.stringMatching(/input `data` of step `fit` by its id/)]);
  });
});

describe('a trigger', () => {
  async function insertTrigger(): Promise<string> {
    const id = newId();
    const created = now();
    const row = { id, created, updated: created, name: `trigger-${id}`, active: 1, is_archived: 0, type: 'schedule' };
    const more = { project_id: toDatabaseId(server.projectId), user_id: toDatabaseId(server.userId) };
    await server.database.db
      .insertInto('trigger')
      .values({
        ...row,
        ...more,
        flavor: 'native schedule',
        configuration: '{"interval":60,"start_time":"2026-01-01T00:00:00"}',
        concurrency: 'skip',
      })
      .execute();
    return id;
  }

  test('runs what was derived when the snapshot was attached, and is noted at each run', async () => {
    const [triggerId, source] = [
      await insertTrigger(),
      await createRunnableSnapshot(server, pipelineId, { name: 'due' }),
    ];
    const path = `/triggers/${fromDatabaseId(triggerId)}/pipeline_snapshots/${source}`;
    const attach = (query: string, configuration: object) => server.call('PUT', `${path}${query}`, configuration);
    expect((await attach('', { enable_cache: true })).status).toBe(200);
    const again = await attach('', {});
    expect([again.status, detailOf(again.body)[1]]).toEqual([403, expect.stringMatching(/already attached/)]);
    expect((await attach('?allow_replace=true', { enable_cache: false })).status).toBe(200);
    const attached = await server.database.db
      .selectFrom('trigger_snapshot')
      .select('snapshot_id')
      .where('trigger_id', '=', triggerId)
      .execute();
    expect(attached).toHaveLength(1);
    const service = createSnapshotRunsService({
      complete: createCompletion(readContract()),
      runs: createRunsService(createOnboarding()),
      enqueueLaunch: (transaction, request) => enqueueLaunch(transaction, request, QUEUE_LENGTH),
    });
    const request = { snapshotId: attached[0]?.snapshot_id ?? '', userId: toDatabaseId(server.userId) };
    const trigger = { id: triggerId, info: { upstream: 1 } };
    const runId = await inTransaction(server.database.db, (tx) => service.runDerived(tx, { ...request, trigger }));
    const { body } = await server.call<Run>('GET', `/runs/${fromDatabaseId(runId)}`);
    expect(body.metadata.config['enable_cache']).toBe(false);
    expect(body.resources).toMatchObject({
      source_snapshot: { id: source },
      trigger: { id: fromDatabaseId(triggerId) },
    });
    expect(await launches(body.id)).toHaveLength(1);
  });

  test('takes no snapshot without a name', async () => {
    const [triggerId, source] = [await insertTrigger(), await createRunnableSnapshot(server, pipelineId)];
    const { status, body } = await server.call(
      'PUT',
      `/triggers/${fromDatabaseId(triggerId)}/pipeline_snapshots/${source}`,
    );
    expect([status, detailOf(body)[1]]).toEqual([403, expect.stringMatching(/without name/)]);
  });
});

async function countRows(): Promise<unknown> {
  const { rows } = await sql`select (select count(*) from pipeline_snapshot) as snapshots,
    (select count(*) from pipeline_run) as runs, (select count(*) from logs) as logs,
    (select count(*) from ws_launch) as launches, (select run_count from pipeline limit 1) as run_count`.execute(
    server.database.db,
  );
  return rows[0];
}
