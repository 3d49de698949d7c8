import { toDatabaseId } from '../database/ids.ts';
import { createRunnableSnapshot } from '../testing/runnable-snapshots.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const NUMBERS = '{"float":1.0,"far":1e+16,"large":9007199254740993,"list":[2.0,[3.0]],"object":{"inner":4.0}}';

async function post(path: string, body: object): Promise<string> {
  const text = JSON.stringify(body).replaceAll('"NUMBERS"', NUMBERS);
  const answer = await server.call<{ id: string }>('POST', path, text);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.body.id;
}

const textOf = async (path: string) => (await server.fetch(path)).text();

const SOURCE = { module: 'builtins', attribute: 'int', type: 'builtin' };

describe('values of clients', () => {
  test('of metadata that come with an artifact keep their numbers and their types', async () => {
    const metadata = { float: 'NUMBERS' };
    const version = await post('/artifact_versions', {
      project: server.projectId,
      artifact_name: 'numbers',
      type: 'DataArtifact',
      uri: '/x',
      materializer: 'own.Materializer',
      data_type: SOURCE,
      save_type: 'manual',
      metadata,
    });
    const shown = await textOf(`/artifact_versions/${version}?hydrate=true`);
    expect(shown).toContain(`"run_metadata":{"float":${NUMBERS}}`);
    expect(shown).toContain('"materializer":{"module":"own","attribute":"Materializer","type":"unknown"}');
  });

  test('of each kind have the type that Python gives them', async () => {
    const { body } = await server.call<{ id: string }>(
      'POST',
      '/artifact_versions',
      `{"project":"${server.projectId}","artifact_name":"typed","type":"DataArtifact","uri":"/x","materializer":"m",
        "data_type":"d","save_type":"manual","metadata":{"f":1.0,"e":1e3,"i":1,"large":9007199254740993}}`,
    );
    const rows = await server.database.db
      .selectFrom('run_metadata')
      .innerJoin('run_metadata_resource', 'run_metadata_resource.run_metadata_id', 'run_metadata.id')
      .select(['key', 'value', 'type'])
      .where('resource_id', '=', toDatabaseId(body.id))
      .orderBy('key')
      .execute();
    expect(rows.map(({ key, value, type }) => `${key} ${value} ${type}`)).toEqual([
      'e 1000.0 float',
      'f 1.0 float',
      'i 1 int',
      'large 9007199254740993 int',
    ]);
  });

  test('of steps are shown as they were sent, also merged with what their pipeline hands down', async () => {
    const pipeline = await post('/pipelines', { project: server.projectId, name: 'train' });
    const template = await createRunnableSnapshot(server, pipeline);
    const { body } = await server.call<{ resources: { stack: { id: string } } }>(
      'GET',
      `/pipeline_snapshots/${template}`,
    );
    const spec = { source: 'steps.fit', upstream_steps: [], inputs: {}, invocation_id: 'fit' };
    const own = { name: 'fit', parameters: 'NUMBERS', settings: { resources: { cpu_count: 1 } } };
    const snapshot = await post('/pipeline_snapshots', {
      project: server.projectId,
      pipeline,
      stack: body.resources.stack.id,
      run_name_template: 'run',
      pipeline_configuration: { name: 'train', extra: 'NUMBERS' },
      step_configurations: { fit: { spec, config: own, step_config_overrides: own } },
      client_environment: 'NUMBERS',
    });
    const shown = await textOf(`/pipeline_snapshots/${snapshot}?hydrate=true`);
    expect(shown.split(`"parameters":${NUMBERS}`)).toHaveLength(3);
    expect(shown.split(`"extra":${NUMBERS}`)).toHaveLength(3);
    expect(shown).toContain(`"client_environment":${NUMBERS}`);
  });

  test('are numbers to rules: what the contract calls an integer is one, however it was written', async () => {
    const waiting = `{"project":"${server.projectId}","artifact_name":"counted","type":"DataArtifact","uri":"/x",
      "materializer":"m","data_type":"d","save_type":"manual","item_count":3.0}`;
    const { status, body } = await server.call<{ id: string }>('POST', '/artifact_versions', waiting);
    expect(status).toBe(200);
    expect(await textOf(`/artifact_versions/${body.id}`)).toContain('"item_count":3}');
  });
});

describe('numbers that are not finite, as Python writes them,', () => {
  const body = (more: string) => `{"project":"${server.projectId}","artifact_name":"endless","type":"DataArtifact",
    "uri":"/x","materializer":"m","data_type":"d","save_type":"manual",${more}}`;

  test('are floats, and null to whoever reads them', async () => {
    const metadata = '"metadata":{"loss":NaN,"bounds":[-Infinity,{"above":Infinity},"NaN"]}';
    const { status, body: made } = await server.call<{ id: string }>('POST', '/artifact_versions', body(metadata));
    expect(status).toBe(200);
    const shown = await textOf(`/artifact_versions/${made.id}?hydrate=true`);
    expect(shown).toContain('"loss":null');
    expect(shown).toContain('"bounds":[null,{"above":null},"NaN"]');
    const { type, value } = await server.database.db
      .selectFrom('run_metadata')
      .select(['type', 'value'])
      .where('key', '=', 'loss')
      .executeTakeFirstOrThrow();
    // The reference takes null for no value of metadata, and could not show the version any more.
    expect([type, value]).toEqual(['float', 'NaN']);
  });

  test('are no integers', async () => {
    for (const number of ['Infinity', 'NaN', '1e999']) {
      const { status } = await server.call('POST', '/artifact_versions', body(`"item_count":${number}`));
      expect([number, status]).toEqual([number, 422]);
    }
  });

  test('are shown as null where the reference has stored their names', async () => {
    const project_metadata = '{"loss": NaN, "name": "NaN"}';
    const id = toDatabaseId(server.projectId);
    await server.database.db.updateTable('project').set({ project_metadata }).where('id', '=', id).execute();
    expect(await textOf(`/projects/${server.projectId}`)).toContain('"project_metadata":{"loss": null, "name": "NaN"}');
  });
});

test('mistakes in the path and in the body are told together', async () => {
  const { status, body } = await server.call<unknown>('PUT', '/tags/no-id', { name: 5, exclusive: 'x' });
  expect([status, (body as string[])[1]?.split('\n')[0]]).toEqual([422, '3 validation errors:']);
});
