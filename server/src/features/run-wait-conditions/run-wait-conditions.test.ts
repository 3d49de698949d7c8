import type { Model } from '../../contract/operation-types.ts';
import { fromDatabaseId, newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { shiftClock } from '../../testing/shifted-clock.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { checkResult } from './wait-condition-result.ts';

type WaitCondition = Model<'RunWaitConditionResponse'>;

let server: TestServer;
let pipelineId: string;
let stackId: string;
let runs = 0;
beforeAll(async () => {
  server = await startTestServer();
  const pipeline = await server.call('POST', '/pipelines', { project: server.projectId, name: 'waits' });
  pipelineId = String(pipeline.body['id']);
  stackId = await insertStack();
});
afterAll(() => server.stop());

describe('wait conditions', () => {
  test('hold a run until the answer fits', async () => {
    const run = await createRun();
    const schema = { type: 'integer', minimum: 1 };
    const { body } = await create(run, 'amount', {
      question: 'How much?',
      data_schema: schema,
      metadata: { unit: 'kg' },
    });
    expect(body).toMatchObject({
      body: { status: 'pending', type: 'external_input' },
      metadata: { question: 'How much?', data_schema: schema, run_metadata: { unit: 'kg' }, result: null },
      resources: { run: { id: run } },
    });
    const path = `/run_wait_conditions/${body.id}`;
    expect((await server.call('PUT', path, lease('finalize'))).body).toBe('pending');
    expect(await stateOf(run)).toEqual(['paused', 'Waiting for input.']);
    expect((await resolve(body.id, 'continue', 0)).status).toBe(400);
    expect((await resolve(body.id, 'continue', 3)).body).toMatchObject({
      body: { status: 'resolved', resolved_by_user_id: server.userId },
      metadata: { resolution: 'continue', result: 3 },
    });
    expect(await stateOf(run)).toEqual(['paused', 'Waiting for manual resume.']);
  });

  test.each([7, -7])('let a run go on whose process has gone, where clocks differ by %i minutes', async (minutes) => {
    const run = await createRun();
    const { body } = await create(run, 'gone');
    const setRight = shiftClock(minutes);
    await server.call('PUT', `/run_wait_conditions/${body.id}`, lease('finalize')).finally(setRight);
    await resolve(body.id, 'continue');
    expect(await stateOf(run)).toEqual(['paused', 'Waiting for manual resume.']);
  });

  test('leave a run alone whose process is waiting for the answer, and stop one on request', async () => {
    const run = await createRun();
    const first = await create(run, 'first');
    expect((await server.call('PUT', `/run_wait_conditions/${first.body.id}`, lease('refresh'))).body).toBe('pending');
    expect((await resolve(first.body.id, 'continue')).status).toBe(200);
    expect(await stateOf(run)).toEqual(['running', null]);
    expect((await server.call('PUT', `/run_wait_conditions/${first.body.id}`, lease('refresh'))).body).toBe('resolved');
    const second = await create(run, 'second');
    expect((await resolve(second.body.id, 'abort', 'ignored')).body).toMatchObject({ metadata: { result: null } });
    expect(await stateOf(run)).toEqual(['stopped', 'Wait condition was aborted.']);
  });

  test('are the same one for all that ask the same at once, and one at a time for others', async () => {
    const run = await createRun();
    const same = await Promise.all(Array.from({ length: 5 }, () => create(run, 'same', { question: 'Go?' })));
    expect(same.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(same.map(({ body }) => body.id)).size).toBe(1);
    expect((await create(run, 'Same', { question: 'Go?' })).body.id).toBe(same[0]?.body.id);
    expect((await create(run, 'same', { question: 'Stay?' })).status).toBe(409);
    const others = await Promise.all(['x', 'y'].map((name) => create(run, name)));
    expect(others.map(({ status }) => status)).toEqual([403, 403]);
  });

  test('take one answer of those that come at once', async () => {
    const { body } = await create(await createRun(), 'answered', { data_schema: { type: 'string' } });
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, index) => resolve(body.id, 'continue', `a${index}`)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403, 403]);
  });

  test('need a run, which is dynamic', async () => {
    const isStatic = await create(await createRun(false), 'static');
    expect([isStatic.status, isStatic.body]).toEqual([
      403,
      { detail: ['IllegalOperationError', 'Wait conditions are only supported for dynamic pipelines.'] },
    ]);
    expect((await create(fromDatabaseId(newId()), 'lost')).status).toBe(404);
    expect((await resolve(fromDatabaseId(newId()), 'continue')).status).toBe(404);
  });

  test('are found by run, state and metadata', async () => {
    const run = await createRun();
    await create(run, 'found', { metadata: { weight: 7 } });
    const total = async (query: string) =>
      (await server.call<{ total: number }>('GET', `/run_wait_conditions?${query}`)).body.total;
    expect(await total(`pipeline_run=${run}&status=pending&run_metadata=weight:gt:6`)).toBe(1);
    expect(await total(`pipeline_run=${run}&run_metadata=weight:8`)).toBe(0);
    expect(await total(`pipeline_run=${run}&resolution=continue`)).toBe(0);
  });
});

test.each([
  ['continue', null, null, null],
  ['continue', '{"type":"integer"}', 3, '3'],
  ['continue', '{"$ref":"#/$defs/a","$defs":{"a":{"type":"array"}}}', [1], '[1]'],
  ['abort', '{"type":"integer"}', 'x', null],
] as const)('a result on %s with schema %s', (resolution, schema, result, stored) => {
  expect(checkResult(resolution, schema, result)).toBe(stored);
});

test.each([
  [null, 3, /do not accept a result/],
  ['{"type":"integer"}', 'x', /^Value `x` does not match expected schema\.$/],
  ['{"type":"no such type"}', 3, /schema of the wait condition is not valid/],
])('a result is refused with schema %s', (schema, result, message) => {
  expect(() => checkResult('continue', schema, result)).toThrow(message);
});

function create(run: string, name: string, more: object = {}) {
  const request = { project: server.projectId, run, name, type: 'external_input', ...more };
  return server.call<WaitCondition>('POST', '/run_wait_conditions', request);
}

function resolve(id: string, resolution: 'continue' | 'abort', result?: unknown) {
  return server.call('PUT', `/run_wait_conditions/${id}/resolve`, { resolution, result });
}

function lease(mode: string) {
  const expires = new Date(Date.now() + 3_600_000).toISOString();
  return { mode, poller_instance_id: 'poller', poller_lease_expires_at: expires };
}

async function stateOf(runId: string): Promise<[string, string | null]> {
  const { body } = await server.call<Model<'PipelineRunResponse'>>('GET', `/runs/${runId}`);
  return [String(body.body?.status), body.body?.status_reason ?? null];
}

async function createRun(isDynamic = true): Promise<string> {
  const snapshot = await server.call('POST', '/pipeline_snapshots', {
    project: server.projectId,
    pipeline: pipelineId,
    stack: stackId,
    is_dynamic: isDynamic,
    run_name_template: 'run',
    pipeline_configuration: { name: 'waits' },
    step_configurations: {},
    client_environment: {},
    client_version: '0.98.0',
    server_version: '0.98.0',
  });
  const request = {
    project: server.projectId,
    name: `run-${runs++}`,
    snapshot: snapshot.body['id'],
    status: 'running',
  };
  const { body } = await server.call<[{ id: string }, boolean]>('POST', '/runs', request);
  return body[0].id;
}

async function insertStack(): Promise<string> {
  const id = newId();
  const created = now();
  await server.database.db.insertInto('stack').values({ id, created, updated: created, name: 'stack' }).execute();
  return fromDatabaseId(id);
}
