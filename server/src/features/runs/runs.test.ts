import { encodeJson } from '../../database/encoded-json.ts';
import { newId, toDatabaseId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

interface Run {
  id: string;
  name: string;
  body: { status: string; index: number; in_progress: boolean; status_reason: string | null };
  metadata: { end_time: string | null; orchestrator_run_id: string | null; run_metadata: Record<string, unknown> };
  resources: { tags: { name: string }[]; pipeline: { name: string }; stack: { name: string } };
}
interface Page {
  total: number;
  items: Run[];
}
type Refusal = { detail: [string, string] };

let server: TestServer;
let snapshotId: string;
let names = 0;

beforeAll(async () => {
  server = await startTestServer();
  ({ snapshotId } = await createPipeline('train', ['load', 'fit']));
});
afterAll(() => server.stop());

function stepOf(name: string, upstream: readonly string[]) {
  const source = { module: 'steps', attribute: name, type: 'user' };
  return {
    spec: { source, upstream_steps: upstream, inputs: {}, invocation_id: name },
    config: { name },
    step_config_overrides: { name },
  };
}

/** Inserts a stack with a local orchestrator and returns its id. */
async function insertStack(name: string): Promise<string> {
  const { db } = server.database;
  const base = { created: now(), updated: now(), name };
  const [id, orchestrator] = [newId(), newId()];
  const component = { type: 'orchestrator', flavor: 'local', configuration: encodeJson({}) };
  await db
    .insertInto('stack')
    .values({ id, ...base })
    .execute();
  await db
    .insertInto('stack_component')
    .values({ id: orchestrator, ...base, ...component })
    .execute();
  await db.insertInto('stack_composition').values({ stack_id: id, component_id: orchestrator }).execute();
  return id;
}

async function createPipeline(name: string, steps: readonly string[]) {
  const project = server.projectId;
  const pipeline = await server.call<{ id: string }>('POST', '/pipelines', { name, project });
  const stackId = await insertStack(`${name}-stack`);
  const snapshot = await server.call<{ id: string }>('POST', '/pipeline_snapshots', {
    project,
    pipeline: pipeline.body.id,
    stack: stackId,
    run_name_template: 'run',
    pipeline_configuration: { name, execution_mode: 'fail_fast' },
    step_configurations: Object.fromEntries(steps.map((step, at) => [step, stepOf(step, steps.slice(at - 1, at))])),
    client_environment: { os: 'linux', python_packages: ['a==1'] },
    client_version: '0.98.0',
    server_version: '0.98.0',
  });
  return { pipelineId: pipeline.body.id, snapshotId: snapshot.body.id };
}

function requestRun(fields: Record<string, unknown> = {}) {
  const request = {
    name: `run-${names++}`,
    project: server.projectId,
    snapshot: snapshotId,
    status: 'running',
    ...fields,
  };
  return server.call<[Run, boolean]>('POST', '/runs', request);
}

async function createRun(fields: Record<string, unknown> = {}): Promise<Run> {
  const { status, body } = await requestRun(fields);
  expect(status).toBe(200);
  return body[0];
}

const listRuns = (query: string) => server.call<Page>('GET', `/runs?${query}`);

describe('runs that several clients ask for at once', () => {
  test('are one run where they name the same orchestrator run', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => requestRun({ orchestrator_run_id: 'same-orchestrator-run' })),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
    expect(new Set(answers.map((answer) => answer.body[0].id)).size).toBe(1);
    expect(answers.filter((answer) => answer.body[1])).toHaveLength(1);
  });

  test('are refused but for one where they bear the same name', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => requestRun({ name: 'same-name' })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    expect((await listRuns('name=same-name')).body.total).toBe(1);
  });

  test('are numbered without a gap', async () => {
    const own = await createPipeline('numbered', []);
    const create = () => requestRun({ snapshot: own.snapshotId });
    const answers = await Promise.all(Array.from({ length: 10 }, create));
    const indexes = answers.map((answer) => answer.body[0].body.index);
    expect(indexes.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await requestRun({ snapshot: own.snapshotId, name: answers[0]?.body[0].name });
    expect((await createRun({ snapshot: own.snapshotId })).body.index).toBe(11);
  });

  test('take over one placeholder once', async () => {
    const own = await createPipeline('placeholder', []);
    const placeholder = await createRun({ snapshot: own.snapshotId, status: 'initializing', tags: ['early'] });
    const begin = (run: number) =>
      requestRun({ snapshot: own.snapshotId, orchestrator_run_id: `begun-${run}`, tags: ['late'] });
    const answers = await Promise.all([begin(1), begin(2), begin(3)]);
    const taken = answers.filter((answer) => answer.body[0].id === placeholder.id);
    expect(taken).toHaveLength(1);
    expect(taken[0]?.body[0].body.status).toBe('running');
    expect(taken[0]?.body[0].resources.tags.map((tag) => tag.name)).toEqual(['early', 'late']);
    expect(new Set(answers.map((answer) => answer.body[0].id)).size).toBe(3);
  });
});

describe('the status of a run', () => {
  const setStatus = (runId: string, update: Record<string, unknown>) =>
    server.call<Run>('PUT', `/runs/${runId}`, update);

  const addStep = (runId: string, name: string, status: string) =>
    server.call('POST', '/steps', {
      name,
      project: server.projectId,
      pipeline_run_id: runId,
      status,
      start_time: '2026-01-02T03:04:05',
    });

  test('follows the steps', async () => {
    const run = await createRun();
    expect((await addStep(run.id, 'load', 'completed')).status).toBe(200);
    expect((await server.call('GET', `/runs/${run.id}/status`)).body).toBe('running');
    expect((await addStep(run.id, 'fit', 'completed')).status).toBe(200);
    const { body } = await server.call<Run>('GET', `/runs/${run.id}`);
    expect(body.body).toMatchObject({ status: 'completed', in_progress: false });
    expect(body.metadata.end_time).not.toBeNull();
  });

  test('is final', async () => {
    const run = await createRun();
    const failed = await setStatus(run.id, { status: 'failed', status_reason: 'out of memory' });
    expect(failed.body.body).toMatchObject({ status: 'failed', in_progress: false, status_reason: 'out of memory' });
    const refused = await server.call<Refusal>('PUT', `/runs/${run.id}`, { status: 'running', add_tags: ['x'] });
    expect([refused.status, refused.body.detail[0]]).toEqual([403, 'IllegalOperationError']);
    const { body } = await server.call<Run>('GET', `/runs/${run.id}`);
    expect(body.body.status).toBe('failed');
    expect(body.resources.tags).toEqual([]);
  });

  test('lets the orchestrator name a placeholder only once', async () => {
    const run = await createRun({ status: 'initializing' });
    const named = await setStatus(run.id, { status: 'provisioning', orchestrator_run_id: 'first' });
    expect(named.body.metadata.orchestrator_run_id).toBe('first');
    expect((await setStatus(run.id, { orchestrator_run_id: 'second' })).status).toBe(403);
    const other = await createRun({ status: 'initializing' });
    const taken = await server.call<Refusal>('PUT', `/runs/${other.id}`, { orchestrator_run_id: 'first' });
    expect([taken.status, taken.body.detail[0]]).toEqual([409, 'EntityExistsError']);
  });

  test('becomes stopping by a stop, once', async () => {
    const run = await createRun({ orchestrator_run_id: 'to-be-stopped' });
    await addStep(run.id, 'load', 'running');
    expect((await server.call('POST', `/runs/${run.id}/stop?graceful=true`)).status).toBe(200);
    expect((await server.call('GET', `/runs/${run.id}/status`)).body).toBe('stopping');
    const again = await server.call<Refusal>('POST', `/runs/${run.id}/stop?graceful=true`);
    expect([again.status, again.body.detail[1]]).toEqual([403, 'Run is already being stopped.']);
  });

  test('becomes stopping by a forced stop too, although nothing can be killed from here', async () => {
    const run = await createRun({ orchestrator_run_id: 'to-be-killed' });
    await addStep(run.id, 'load', 'running');
    const { status, body } = await server.call<Refusal>('POST', `/runs/${run.id}/stop`);
    expect([status, body.detail[0]]).toEqual([501, 'NotImplementedError']);
    expect((await server.call('GET', `/runs/${run.id}/status`)).body).toBe('stopping');
  });

  test('stays where the run has not reached its orchestrator', async () => {
    const run = await createRun();
    expect((await server.call('POST', `/runs/${run.id}/stop`)).status).toBe(403);
    expect((await server.call('GET', `/runs/${run.id}/status`)).body).toBe('running');
  });
});

describe('what is wrong', () => {
  const UNKNOWN = '00000000-0000-0000-0000-000000000001';

  test.each([
    ['an unknown snapshot', { snapshot: UNKNOWN }, 404],
    ['an unknown parent', { parent_run_id: UNKNOWN, child_key: 'k' }, 404],
    ['an unknown original run', { original_run_id: UNKNOWN }, 404],
    ['an unknown artifact store', { logs: { source: 'client', artifact_store_id: UNKNOWN } }, 404],
    ['a run that begins completed', { status: 'completed' }, 422],
    ['a parent without a key', { parent_run_id: UNKNOWN }, 422],
    ['a log without a place', { logs: { source: 'client' } }, 422],
    ['a name that is too long', { name: 'x'.repeat(256) }, 422],
  ])('%s is refused and leaves no run', async (_title, fields, status) => {
    const before = (await listRuns('size=1')).body.total;
    expect((await requestRun(fields)).status).toBe(status);
    expect((await listRuns('size=1')).body.total).toBe(before);
  });

  test('nothing is written about an unknown step or hook', async () => {
    const { id } = await createRun();
    const project = server.projectId;
    const resources = [{ id, type: 'pipeline_run' }];
    const metadata = { project, resources, values: { a: 1 }, types: { a: 'int' }, publisher_step_id: UNKNOWN };
    expect((await server.call('POST', '/run-metadata', metadata)).status).toBe(404);
    const logs = { project, uri: '/logs', source: 'runner', hook_invocation_id: UNKNOWN };
    expect((await server.call('POST', '/logs', logs)).status).toBe(404);
  });

  test('outputs whose names the database does not tell apart are refused', async () => {
    const { id } = await createRun();
    const source = { module: 'builtins', attribute: 'int', type: 'builtin' };
    const version = await server.call('POST', '/artifact_versions', {
      ...{ project: server.projectId, artifact_name: 'output', type: 'DataArtifact', uri: '/store/x' },
      ...{ materializer: source, data_type: source, save_type: 'manual' },
    });
    const outputs = { model: version.body.id, Model: version.body.id };
    const { status, body } = await server.call<Refusal>('PUT', `/runs/${id}`, { outputs });
    expect([status, body.detail[0]]).toEqual([400, 'ValueError']);
  });

  test.each([
    ['GET', `/runs/${UNKNOWN}`, 404],
    ['GET', `/runs/${UNKNOWN}/dag`, 404],
    ['GET', `/runs/${UNKNOWN}/status`, 404],
    ['GET', `/runs/${UNKNOWN}/steps`, 404],
    ['PUT', `/runs/${UNKNOWN}/disable_heartbeat`, 404],
    ['POST', `/runs/${UNKNOWN}/stop`, 404],
    ['DELETE', `/runs/${UNKNOWN}`, 404],
    ['GET', `/runs/${UNKNOWN}/logs`, 400],
    ['GET', '/runs?page=1000', 400],
    ['GET', '/runs?index=x', 422],
    ['GET', '/runs?status=isnull:x', 422],
    ['GET', '/runs?sort_by=nothing', 422],
    ['GET', '/runs?run_metadata=nothing', 422],
    ['GET', '/runs/no-id', 422],
  ])('%s %s is answered with %d', async (method, path, status) => {
    expect((await server.call(method, path)).status).toBe(status);
  });
});

describe('lists', () => {
  test('find runs by what they are', async () => {
    const own = await createPipeline('listed', []);
    const parent = await createRun({ snapshot: own.snapshotId, tags: ['blue'] });
    const child = await createRun({ snapshot: own.snapshotId, parent_run_id: parent.id, child_key: 'k' });
    await server.call('PUT', `/runs/${parent.id}`, { status: 'failed' });
    const found = async (query: string) =>
      (await listRuns(`pipeline=listed&sort_by=asc:index&${query}`)).body.items.map((run) => run.id);
    expect(await found('status=failed')).toEqual([parent.id]);
    expect(await found('tags=blue')).toEqual([parent.id]);
    expect(await found('tags=isnull:')).toEqual([child.id]);
    expect(await found('root_runs_only=true')).toEqual([parent.id]);
    expect(await found('root_runs_only=false')).toEqual([parent.id, child.id]);
    expect(await found(`parent_run_id=${parent.id}`)).toEqual([child.id]);
    expect(await found('stack=listed-stack&index=gt:1')).toEqual([child.id]);
    expect(await found('stack=train-stack')).toEqual([]);
    expect(await found('templatable=false&in_progress=true')).toEqual([child.id]);
  });

  test('cost the same number of statements whatever their size', async () => {
    const own = await createPipeline('counted', []);
    for (let run = 0; run < 30; run++) await createRun({ snapshot: own.snapshotId, tags: ['counted'] });
    const count = async (query: string) => {
      server.database.takeStatements();
      const { body } = await listRuns(`pipeline_id=${own.pipelineId}&${query}`);
      // The default project is looked up again where that was two seconds ago.
      const statements = server.database.takeStatements().filter(({ sql }) => !sql.includes('from `project` where'));
      return [body.items.length, statements.length] as const;
    };
    const [, ofOne] = await count('size=1&hydrate=true&include_full_metadata=true');
    expect(await count('size=30&hydrate=true&include_full_metadata=true')).toEqual([30, ofOne]);
    const [, plain] = await count('size=1');
    expect(await count('size=30')).toEqual([30, plain]);
  });
});

test('a deleted run leaves no links behind', async () => {
  const { db } = server.database;
  const run = await createRun({ tags: ['doomed'] });
  const resources = [{ id: run.id, type: 'pipeline_run' }];
  const metadata = { project: server.projectId, resources, values: { a: 1 }, types: { a: 'int' } };
  expect((await server.call('POST', '/run-metadata', metadata)).status).toBe(200);
  const shown = await server.call<Run>('GET', `/runs/${run.id}`);
  expect(shown.body.metadata.run_metadata).toEqual({ a: 1 });
  expect((await server.call('DELETE', `/runs/${run.id}`)).status).toBe(200);
  const linksIn = (table: 'tag_resource' | 'run_metadata_resource') =>
    db.selectFrom(table).selectAll().where('resource_id', '=', toDatabaseId(run.id)).execute();
  expect(await linksIn('tag_resource')).toEqual([]);
  expect(await linksIn('run_metadata_resource')).toEqual([]);
});

describe('statistics', () => {
  test('count runs by group', async () => {
    const own = await createPipeline('statistics', []);
    const times = { start_time: '2026-01-07T10:00:00', end_time: '2026-01-07T10:00:30' };
    await createRun({ snapshot: own.snapshotId, ...times });
    await createRun({ snapshot: own.snapshotId, ...times });
    const ended = await createRun({ snapshot: own.snapshotId, start_time: '2026-01-05T10:00:00' });
    await server.call('PUT', `/runs/${ended.id}`, { status: 'failed' });
    const { body } = await server.call('POST', '/runs/statistics', {
      filter: { project: server.projectId, pipeline_id: own.pipelineId, status: 'running' },
      groupings: [
        { name: 'week', type: 'time', granularity: 'week' },
        { name: 'pipeline', type: 'pipeline' },
      ],
      metrics: [{ name: 'seconds', source: 'duration', aggregation: 'sum' }],
    });
    expect(body).toEqual({
      groups: [
        { group_keys: { week: '2026-01-05', pipeline: own.pipelineId }, metrics: { seconds: 60 }, run_count: 2 },
      ],
      truncated: false,
    });
  });

  test('refuse names that repeat', async () => {
    const groupings = [
      { name: 'a', type: 'status' },
      { name: 'a', type: 'user' },
    ];
    const { status } = await server.call('POST', '/runs/statistics', { filter: {}, groupings });
    expect(status).toBe(422);
  });
});

test('the graph of a run shows its steps, begun or not', async () => {
  const run = await createRun();
  await server.call('POST', '/steps', {
    name: 'load',
    project: server.projectId,
    pipeline_run_id: run.id,
    status: 'running',
    start_time: '2026-01-02T03:04:05',
  });
  const { body } = await server.call<{ nodes: { name: string; id: string | null }[]; edges: object[] }>(
    'GET',
    `/runs/${run.id}/dag`,
  );
  expect(body.nodes.map((node) => [node.name, node.id !== null])).toEqual([
    ['load', true],
    ['fit', false],
  ]);
  expect(body.edges).toEqual([{ source: 'step/load', target: 'step/fit', metadata: {} }]);
});
