import { randomUUID } from 'node:crypto';
import type { Permissions } from '../auth/permissions.ts';
import { readContract } from '../contract/document.ts';
import { listOperations } from '../contract/operation-index.ts';
import { fromDatabaseId } from '../database/ids.ts';
import { insertUser, startTestServer, type TestServer } from '../testing/test-server.ts';

interface Item {
  readonly id: string;
  readonly permission_denied: boolean;
  readonly body: Record<string, unknown> | null;
  readonly resources: Record<string, unknown> | null;
}

const SOURCE = { module: 'builtins', attribute: 'int', type: 'builtin' };

/** `ACTION RESOURCE` of what the other user may do; the first one may do everything. */
const granted = new Set<string>();
const asked: string[] = [];
let owner: string;
let other: string;
let server: TestServer;

/** Decides by {@link granted}. */
const permissions: Permissions = {
  async check(_user, resources, action) {
    if (resources.length > 0) asked.push(`${action} ${resources.join(' ')}`);
    const all = acting === owner;
    return new Map(resources.map((resource) => [resource, all || granted.has(`${action} ${resource}`)]));
  },
  async allowedIds(_user, resource, action) {
    asked.push(`${action} ${resource}`);
    if (acting === owner || granted.has(`${action} ${resource}`)) return 'all';
    const prefix = `${action} ${resource}/`;
    return [...granted].filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length));
  },
  share: async () => undefined,
  forget: async (resources) => {
    asked.push(`forget ${resources.join(' ')}`);
  },
};
let acting: string;

function actAs(id: string): void {
  acting = id;
  server.actAs(id);
  asked.length = 0;
}

const ids = new Map<string, string>();

async function make(name: string, path: string, body: unknown): Promise<string> {
  const answer = await server.call<{ id?: string; 0?: { id: string } }>('POST', path, body);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  const id = answer.body.id ?? answer.body[0]?.id ?? '';
  ids.set(name, id);
  return id;
}

const runRequest = (snapshot: string) => ({
  project: server.projectId,
  snapshot,
  name: 'run',
  orchestrator_run_id: 'run',
  status: 'running',
  start_time: '2026-01-01T00:00:00',
});

beforeAll(async () => {
  server = await startTestServer({ permissions });
  owner = server.userId;
  other = fromDatabaseId(await insertUser(server.database, 'other'));
  actAs(owner);
  const project = server.projectId;
  const stack = randomUUID();
  ids.set('stack', stack);
  const created = '2026-01-01 00:00:00';
  await server.database.db
    .insertInto('stack')
    .values({ id: stack.replaceAll('-', ''), created, updated: created, name: 'of the server' })
    .execute();
  const pipeline = await make('pipeline', '/pipelines', { project, name: 'train' });
  const step = {
    spec: { source: SOURCE, upstream_steps: [], inputs: {}, invocation_id: 'fit' },
    config: { name: 'fit' },
  };
  const snapshot = await make('snapshot', '/pipeline_snapshots', {
    project,
    pipeline,
    stack,
    run_name_template: 'run',
    pipeline_configuration: { name: 'train' },
    step_configurations: { fit: { ...step, step_config_overrides: { name: 'fit' } } },
    client_environment: {},
    client_version: '0.98.0',
    server_version: '0.98.0',
  });
  const run = await make('run', '/runs', runRequest(snapshot));
  const values = { artifact_name: 'data', type: 'DataArtifact', uri: '/x', materializer: SOURCE, data_type: SOURCE };
  const version = await make('version', '/artifact_versions', { project, ...values, save_type: 'step_output' });
  const times = { start_time: '2026-01-01T00:00:00', status: 'completed' };
  await make('step', '/steps', {
    project,
    name: 'fit',
    pipeline_run_id: run,
    outputs: { output: [version] },
    ...times,
  });
  await make('secret', '/secrets', { name: 'key', private: false, values: { key: 'value' } });
  const model = await make('model', '/models', { project, name: 'm' });
  await make('modelVersion', '/model_versions', { project, name: 'v', model });
  await make('repository', '/code_repositories', {
    project,
    name: 'code',
    config: {},
    source: SOURCE,
  });
  await make('schedule', '/schedules', {
    project,
    name: 'daily',
    cron_expression: '0 0 * * *',
    active: true,
    orchestrator_id: null,
    pipeline_id: pipeline,
  });
});
afterAll(() => server.stop());
beforeEach(() => {
  granted.clear();
  actAs(other);
});

const LISTS = listOperations(readContract()).filter(
  ({ id, method, path }) =>
    id.startsWith('list_') && method === 'GET' && !path.includes('{') && path.startsWith('/api/v1/'),
);
/** Tags are everybody's, users see one another, and types are no rows. */
const PUBLIC =
  /\/(tags|users|service_connector_types|supported-events|resource_requests|model_version_(artifacts|pipeline_runs))$/;

test.each(LISTS.map(({ path }) => path.slice('/api/v1'.length)).filter((path) => !PUBLIC.test(path)))(
  'GET %s shows nothing of others without permission',
  async (path) => {
    const query = `${path}?project=${server.projectId}`;
    const projectPath = path === '/projects' ? path : query;
    const { status, body } = await server.call<{ items: Item[]; total: number }>('GET', projectPath);
    if (status === 422) return;
    expect({ status, owners: (body.items ?? []).map((item) => item.body?.['user_id'] ?? null) }).toEqual({
      status: 200,
      owners: (body.items ?? []).map(() => null),
    });
  },
);

test.each([
  ['/pipelines/', 'pipeline'],
  ['/pipeline_snapshots/', 'snapshot'],
  ['/runs/', 'run'],
  ['/steps/', 'step'],
  ['/artifact_versions/', 'version'],
  ['/secrets/', 'secret'],
  ['/models/', 'model'],
  ['/model_versions/', 'modelVersion'],
  ['/code_repositories/', 'repository'],
])('%s with an id is neither shown, changed nor deleted without permission', async (path, name) => {
  const before = await server.database.db.selectFrom('pipeline_run').selectAll().execute();
  for (const [method, body] of [
    ['GET', undefined],
    ['PUT', { name: 'other' }],
    ['DELETE', undefined],
  ] as const) {
    const answer = await server.call(method, path + ids.get(name), body);
    expect([403, 405]).toContain(answer.status);
  }
  expect(await server.database.db.selectFrom('pipeline_run').selectAll().execute()).toEqual(before);
  actAs(owner);
  expect((await server.call('GET', path + ids.get(name))).status).toBe(200);
});

test('a page costs two questions, however many items it has', async () => {
  granted.add(`read ${server.projectId}:pipeline_run`);
  const { body } = await server.call<{ items: Item[] }>('GET', `/runs?project=${server.projectId}&hydrate=true`);
  expect(body.items).toHaveLength(1);
  expect(asked).toHaveLength(2);
});

test('what is within an answer shows no more than its name where it may not be read', async () => {
  granted.add(`read ${server.projectId}:pipeline_run/${ids.get('run')}`);
  const path = `/runs/${ids.get('run')}?hydrate=true`;
  const { body } = await server.call<Item>('GET', path);
  expect(body).toMatchObject({
    permission_denied: false,
    resources: {
      pipeline: { id: ids.get('pipeline'), name: 'train', permission_denied: true, body: null, resources: null },
      // What the server has made is everybody's.
      stack: { name: 'of the server', permission_denied: false },
    },
  });
  granted.add(`read ${server.projectId}:pipeline/${ids.get('pipeline')}`);
  expect((await server.call<Item>('GET', path)).body).toMatchObject({
    resources: { pipeline: { permission_denied: false, body: { user_id: owner } } },
  });
});

test('a request that is repeated shows no more than the first time', async () => {
  granted.add(`create ${server.projectId}:pipeline_build`);
  const build = {
    project: server.projectId,
    pipeline: ids.get('pipeline'),
    images: {},
    is_local: false,
    contains_code: false,
  };
  const key = { 'Idempotency-Key': randomUUID() };
  const first = await server.call<Item>('POST', '/pipeline_builds', build, key);
  const second = await server.call<Item>('POST', '/pipeline_builds', build, key);
  expect(first.body).toMatchObject({ metadata: { pipeline: { permission_denied: true, body: null } } });
  expect(second.body).toEqual(first.body);
});

test('a run that has begun is found by whom may read it, and begun by whom may', async () => {
  const request = runRequest(ids.get('snapshot') ?? '');
  expect((await server.call('POST', '/runs', request)).status).toBe(403);
  granted.add(`read ${server.projectId}:pipeline_run/${ids.get('run')}`);
  expect(await server.call('POST', '/runs', request)).toMatchObject({
    status: 200,
    body: [{ id: ids.get('run') }, false],
  });
  const another = { ...request, name: 'another', orchestrator_run_id: 'another' };
  expect(await server.call('POST', '/runs', another)).toMatchObject({
    status: 403,
    body: { detail: ['IllegalOperationError', expect.stringContaining('CREATE resource')] },
  });
  granted.add(`create ${server.projectId}:pipeline_run`);
  expect(await server.call('POST', '/runs', another)).toMatchObject({ status: 200, body: [{ name: 'another' }, true] });
});

test('a model that a run names is made by whom may make models, and used by the others', async () => {
  actAs(owner);
  const snapshotOf = (name: string, model: string) =>
    make(name, '/pipeline_snapshots', {
      project: server.projectId,
      pipeline: ids.get('pipeline'),
      stack: ids.get('stack'),
      run_name_template: 'run',
      pipeline_configuration: { name: 'train', model: { name: model, version: 'v' } },
      step_configurations: {},
      client_environment: {},
      client_version: '0.98.0',
      server_version: '0.98.0',
    });
  const runOf = (snapshot: string) => ({ ...runRequest(snapshot), name: snapshot, orchestrator_run_id: snapshot });
  const withNew = runOf(await snapshotOf('with new', 'brand-new'));
  const withKnown = runOf(await snapshotOf('with known', 'm'));
  actAs(other);
  granted.add(`create ${server.projectId}:pipeline_run`);
  expect(await server.call('POST', '/runs', withNew)).toMatchObject({
    status: 403,
    body: { detail: ['IllegalOperationError', expect.stringContaining(':model')] },
  });
  expect((await server.call('POST', '/runs', withKnown)).status).toBe(200);
  granted.add(`create ${server.projectId}:model`).add(`create ${server.projectId}:model_version`);
  expect((await server.call('POST', '/runs', withNew)).status).toBe(200);
});

test('the values of a secret are shown to whom may read them', async () => {
  granted.add(`read secret/${ids.get('secret')}`);
  const values = async () => {
    const one = await server.call<Item>('GET', `/secrets/${ids.get('secret')}`);
    const all = await server.call<{ items: Item[] }>('GET', '/secrets');
    return [one.body.body?.['values'], all.body.items[0]?.body?.['values']];
  };
  // A list shows no values at all.
  expect(await values()).toEqual([{ key: null }, {}]);
  granted.add(`read_secret_value secret/${ids.get('secret')}`);
  const [one] = await values();
  expect(one).toEqual({ key: 'value' });
});

test('the control plane is told what is gone', async () => {
  actAs(owner);
  const id = await make('gone', '/models', { project: server.projectId, name: 'gone' });
  expect((await server.call('DELETE', `/models/${id}`)).status).toBe(200);
  expect(asked.at(-1)).toBe(`forget ${server.projectId}:model/${id}`);
});
