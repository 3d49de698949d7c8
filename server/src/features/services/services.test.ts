import type { Model } from '../../contract/operation-types.ts';
import { fromDatabaseId, newId } from '../../database/ids.ts';
import { toPythonJson } from '../../python-json.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

type Service = Model<'ServiceResponse'>;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const create = (name: string, more: object = {}) =>
  server.call<Service>('POST', '/services', {
    project: server.projectId,
    name,
    service_type: { type: 'model-serving', flavor: 'mlflow' },
    config: { name },
    ...more,
  });

describe('services', () => {
  test('show their state, take changes and outlive their model version', async () => {
    const model = await server.call('POST', '/models', { project: server.projectId, name: 'served' });
    const request = { project: server.projectId, model: model.body['id'] };
    const version = await server.call('POST', '/model_versions', request);
    const { body } = await create('service', {
      status: { state: 'inactive' },
      labels: { a: 'b' },
      model_version_id: version.body['id'],
    });
    expect(body).toMatchObject({
      body: { state: 'inactive', labels: { a: 'b' }, service_type: { type: 'model-serving', name: '', logo_url: '' } },
      resources: { model_version: { id: version.body['id'] }, pipeline_run: null },
    });
    const path = `/services/${body.id}`;
    const update = { status: { state: 'active' }, endpoint: { port: 1 }, labels: {} };
    expect((await server.call('PUT', path, update)).body).toMatchObject({
      body: { state: 'active', labels: null },
      metadata: { endpoint: { port: 1 }, config: { name: 'service' } },
    });
    expect((await server.call('GET', `/model_versions/${version.body['id']}`)).body).toMatchObject({
      resources: { services: { total: 1, items: [{ id: body.id }] } },
    });
    expect((await server.call('DELETE', `/model_versions/${version.body['id']}`)).status).toBe(200);
    expect((await server.call('GET', path)).body).toMatchObject({ resources: { model_version: null } });
    expect((await server.call('DELETE', path)).status).toBe(200);
    expect((await server.call('DELETE', path)).status).toBe(404);
  });

  test('exist once with a configuration, however many are made at once, and whoever stored it', async () => {
    const config = { text: 'ä "quoted"', list: [1, 2.5, null], nested: { yes: true } };
    const answers = await Promise.all([1, 2, 3, 4].map((index) => create(`same-${index}`, { config })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    const stored = Buffer.from(Buffer.from(toPythonJson({ of: 'reference' })).toString('base64'));
    await server.database.db.updateTable('service').set({ config: stored }).execute();
    expect((await create('again', { config: { of: 'reference' } })).status).toBe(409);
  });

  test.each(['model_version_id', 'pipeline_run_id'])('need a %s that exists', async (reference) => {
    const { status } = await create(`lost-${reference}`, { [reference]: fromDatabaseId(newId()) });
    expect(status).toBe(404);
  });
});

test('JSON as Python writes it', () => {
  const value = { a: [1, 2.5, null, true], 'ü"': { b: 'x\ny' }, empty: {} };
  expect(toPythonJson(value)).toBe('{"a": [1, 2.5, null, true], "\\u00fc\\"": {"b": "x\\ny"}, "empty": {}}');
});
