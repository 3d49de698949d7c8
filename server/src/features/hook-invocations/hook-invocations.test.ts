import type { Model } from '../../contract/operation-types.ts';
import { fromDatabaseId, newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

type HookInvocation = Model<'HookInvocationResponse'>;

let server: TestServer;
let runId: string;
let versionId: string;
beforeAll(async () => {
  server = await startTestServer();
  runId = await createRun();
  versionId = await createArtifactVersion();
});
afterAll(() => server.stop());

const create = (more: object = {}) =>
  server.call<HookInvocation>('POST', '/hook_invocations', {
    project: server.projectId,
    hook_type: 'step_failure',
    name: 'note',
    status: 'completed',
    start_time: '2026-01-01T10:00:00+02:00',
    source: 'hooks.note',
    pipeline_run_id: runId,
    ...more,
  });

describe('hook invocations', () => {
  test('are recorded with what the hook made, which outlives the record', async () => {
    const id = fromDatabaseId(newId());
    const { body } = await create({
      id,
      outputs: { note: [versionId] },
      exception_info: { traceback: 'Traceback', user_code_line: 3 },
    });
    expect(body).toMatchObject({
      id,
      body: { hook_type: 'step_failure', start_time: '2026-01-01T08:00:00', end_time: null, step_run_id: null },
      metadata: { source: 'hooks.note', exception_info: { traceback: 'Traceback', user_code_line: 3 } },
      resources: { outputs: { note: [{ id: versionId }] }, log_collection: [] },
    });
    expect((await create({ id })).status).toBe(409);
    expect((await server.call('DELETE', `/hook_invocations/${id}`)).status).toBe(200);
    expect((await server.call('GET', `/hook_invocations/${id}`)).status).toBe(404);
    expect((await server.call('GET', `/artifact_versions/${versionId}`)).status).toBe(200);
  });

  test.each([
    ['run', { pipeline_run_id: fromDatabaseId(newId()) }, 404],
    ['step', { step_run_id: fromDatabaseId(newId()) }, 404],
    ['output', { outputs: { note: [fromDatabaseId(newId())] } }, 404],
    ['name', { name: 'not a name' }, 422],
  ])('refuse a wrong %s', async (_title, more, status) => {
    expect((await create(more)).status).toBe(status);
  });

  test('refuse the same output twice', async () => {
    expect((await create({ outputs: { note: [versionId, versionId] } })).status).toBe(400);
  });

  test('are found by their name, run and type', async () => {
    for (let index = 0; index < 3; index += 1) await create({ name: `many_${index}`, outputs: { note: [versionId] } });
    const count = async (query: string) =>
      (await server.call<{ total: number }>('GET', `/hook_invocations?${query}`)).body.total;
    expect(await count(`name=startswith:many&pipeline_run_id=${runId}`)).toBe(3);
    expect(await count('hook_type=step_success')).toBe(0);
  });
});

async function createRun(): Promise<string> {
  const pipeline = await server.call('POST', '/pipelines', { project: server.projectId, name: 'hooked' });
  const snapshot = await server.call('POST', '/pipeline_snapshots', {
    project: server.projectId,
    pipeline: pipeline.body['id'],
    stack: await insertStack(),
    run_name_template: 'run',
    pipeline_configuration: { name: 'hooked' },
    step_configurations: {},
    client_environment: {},
    client_version: '0.98.0',
    server_version: '0.98.0',
  });
  const request = { project: server.projectId, name: 'run', snapshot: snapshot.body['id'], status: 'running' };
  const { body } = await server.call<[{ id: string }, boolean]>('POST', '/runs', request);
  return body[0].id;
}

async function createArtifactVersion(): Promise<string> {
  const source = { module: 'builtins', attribute: 'str', type: 'builtin' };
  const { body } = await server.call('POST', '/artifact_versions', {
    project: server.projectId,
    artifact_name: 'note',
    type: 'DataArtifact',
    uri: '/note',
    materializer: source,
    data_type: source,
    save_type: 'step_output',
  });
  return String(body['id']);
}

async function insertStack(): Promise<string> {
  const id = newId();
  const created = now();
  await server.database.db.insertInto('stack').values({ id, created, updated: created, name: 'stack' }).execute();
  return fromDatabaseId(id);
}
