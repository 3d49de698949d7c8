import type { Model } from '../../contract/operation-types.ts';
import { fromDatabaseId, newId } from '../../database/ids.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

type ModelVersion = Model<'ModelVersionResponse'>;

let server: TestServer;
let names = 0;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const messageOf = (body: unknown) => (body as { detail: string[] }).detail[1];

async function createModel(more: object = {}): Promise<string> {
  const request = { project: server.projectId, name: `model-${names++}`, ...more };
  const { status, body } = await server.call<{ id: string }>('POST', '/models', request);
  expect(status).toBe(200);
  return body.id;
}

const createVersion = (model: string, more: object = {}) =>
  server.call<ModelVersion>('POST', '/model_versions', { project: server.projectId, model, ...more });

const change = (id: string, update: object) => server.call<ModelVersion>('PUT', `/model_versions/${id}`, update);

async function createArtifactVersion(type = 'DataArtifact'): Promise<string> {
  const source = { module: 'builtins', attribute: 'int', type: 'builtin' };
  const { body } = await server.call<{ id: string }>('POST', '/artifact_versions', {
    project: server.projectId,
    artifact_name: `artifact-${names++}`,
    type,
    uri: '/x',
    materializer: source,
    data_type: source,
    save_type: 'manual',
  });
  return body.id;
}

describe('models', () => {
  test('exist once under a name, also where several are made at once', async () => {
    const request = { project: server.projectId, name: 'contended' };
    const answers = await Promise.all(Array.from({ length: 5 }, () => server.call('POST', '/models', request)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
    const other = await createModel();
    expect((await server.call('PUT', `/models/${other}`, { name: 'contended' })).status).toBe(409);
  });

  test('change what is named and keep the rest', async () => {
    const id = await createModel({ license: 'MIT', tags: ['old'] });
    const update = { audience: 'all', save_models_to_registry: false, add_tags: ['new'], remove_tags: ['old'] };
    expect((await server.call('PUT', `/models/${id}`, update)).body).toMatchObject({
      metadata: { license: 'MIT', audience: 'all', save_models_to_registry: false },
      resources: { tags: [{ name: 'new' }], latest_version_id: null },
    });
  });

  test('go with their versions and what hangs on both', async () => {
    const id = await createModel({ tags: ['gone'] });
    const version = await createVersion(id, { tags: ['gone'] });
    const artifact = await createArtifactVersion();
    await link(version.body.id, artifact);
    expect((await server.call('DELETE', `/models/${id}`)).status).toBe(200);
    expect((await server.call('GET', `/model_versions/${version.body.id}`)).status).toBe(404);
    const { db } = server.database;
    const ids = [id, version.body.id].map((text) => text.replaceAll('-', ''));
    expect(await db.selectFrom('tag_resource').selectAll().where('resource_id', 'in', ids).execute()).toEqual([]);
    expect((await server.call('GET', `/artifact_versions/${artifact}`)).status).toBe(200);
  });
});

describe('model versions', () => {
  test('count up without gaps, also where many are made at once', async () => {
    const model = await createModel();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => createVersion(model, index % 3 === 0 ? { name: `named-${index}` } : {})),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
    const numbers = answers.map(({ body }) => Number(body.body?.number)).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    expect((await server.call('GET', `/models/${model}`)).body).toMatchObject({
      resources: { latest_version_id: answers.find(({ body }) => body.body?.number === 12)?.body.id },
    });
  });

  test('exist once under a name', async () => {
    const model = await createModel();
    const answers = await Promise.all([1, 2, 3].map(() => createVersion(model, { name: 'final' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    const other = await createVersion(model);
    expect((await change(other.body.id, { name: 'final' })).status).toBe(409);
  });

  test.each([
    ['12', /custom numeric model version name/],
    ['Production', /a name that is used as a model version stage/],
    ['a\tb', /forbidden characters/],
  ])('are not called %j', async (name, message) => {
    const { status, body } = await createVersion(await createModel(), { name });
    expect([status, messageOf(body)]).toEqual([400, expect.stringMatching(message)]);
  });

  test('are one to a stage: by force the other one is archived', async () => {
    const model = await createModel();
    const versions = await Promise.all([createVersion(model), createVersion(model), createVersion(model)]);
    const [first = '', second = '', third = ''] = versions.map(({ body }) => body.id);
    expect((await change(first, { stage: 'production' })).body.body?.stage).toBe('production');
    const refused = await change(second, { stage: 'production' });
    expect([refused.status, messageOf(refused.body)]).toEqual([500, expect.stringMatching(/is in production, but/)]);
    const forced = await Promise.all([second, third].map((id) => change(id, { stage: 'production', force: true })));
    expect(forced.map(({ status }) => status)).toEqual([200, 200]);
    const { body } = await server.call<{ items: ModelVersion[] }>('GET', `/model_versions?model=${model}`);
    expect(body.items.map((item) => item.body?.stage).sort()).toEqual(['archived', 'archived', 'production']);
    expect((await change(first, { stage: 'no stage' })).status).toBe(422);
  });

  test('need a model of their project', async () => {
    expect((await createVersion(fromDatabaseId(newId()))).status).toBe(404);
  });
});

describe('links of model versions', () => {
  test('are made once, however many ask for them', async () => {
    const version = (await createVersion(await createModel())).body.id;
    const artifact = await createArtifactVersion();
    const answers = await Promise.all(Array.from({ length: 6 }, () => link(version, artifact)));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });

  test('are told apart by type, and go one by one or all at once, with the artifacts or without', async () => {
    const version = (await createVersion(await createModel())).body.id;
    const data = await createArtifactVersion();
    const model = await createArtifactVersion('ModelArtifact');
    const links = [await link(version, data), await link(version, model)];
    const total = async (query: string) =>
      (await server.call<{ total: number }>('GET', `/model_version_artifacts?model_version_id=${version}${query}`)).body
        .total;
    expect([
      await total(''),
      await total('&only_data_artifacts=true'),
      await total('&only_model_artifacts=true'),
    ]).toEqual([2, 1, 1]);
    const path = `/model_versions/${version}/artifacts`;
    expect((await server.call('DELETE', `${path}/${links[0]?.body.id}`)).status).toBe(200);
    expect((await server.call('DELETE', `${path}/${links[0]?.body.id}`)).status).toBe(404);
    expect((await server.call('DELETE', `${path}?only_links=false`)).status).toBe(200);
    expect(await total('')).toBe(0);
    expect((await server.call('GET', `/artifact_versions/${model}`)).status).toBe(404);
    expect((await server.call('GET', `/artifact_versions/${data}`)).status).toBe(200);
  });

  test('need both ends', async () => {
    const version = (await createVersion(await createModel())).body.id;
    const nowhere = fromDatabaseId(newId());
    expect((await link(version, nowhere)).status).toBe(404);
    expect((await link(nowhere, await createArtifactVersion())).status).toBe(404);
    const run = { model_version: version, pipeline_run: nowhere };
    expect((await server.call('POST', '/model_version_pipeline_runs', run)).status).toBe(404);
  });
});

function link(modelVersion: string, artifactVersion: string) {
  const request = { model_version: modelVersion, artifact_version: artifactVersion };
  return server.call<{ id: string }>('POST', '/model_version_artifacts', request);
}
