import { startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const SOURCE = { module: 'builtins', attribute: 'int', type: 'builtin' };

function request(values: Record<string, unknown>) {
  return {
    project: server.projectId,
    type: 'DataArtifact',
    uri: '/store/x',
    materializer: SOURCE,
    data_type: SOURCE,
    save_type: 'manual',
    ...values,
  };
}

interface Version {
  id: string;
  body: { version: string; artifact: { id: string; name: string } };
  metadata: { run_metadata: Record<string, unknown>; visualizations: { body: { uri: string } }[] };
  resources: { tags: { name: string }[] };
  detail?: [string, string];
}

const create = (values: Record<string, unknown>) => server.call<Version>('POST', '/artifact_versions', request(values));

describe('artifact versions', () => {
  test('count up, also where many are made at once', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => create({ artifact_name: 'counted' })));
    expect(answers.map((answer) => answer.status)).toEqual(Array(12).fill(200));
    const numbers = answers.map((answer) => Number(answer.body.body.version)).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    expect(new Set(answers.map((answer) => answer.body.body.artifact.id)).size).toBe(1);
  });

  test('exist once under a version that is chosen', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => create({ artifact_name: 'chosen', version: 'final' })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409, 409]);
    expect(answers.find((answer) => answer.status === 409)?.body.detail).toEqual([
      'EntityExistsError',
      'Unable to create artifact version chosen (version final): An artifact with the same name and version already exists.',
    ]);
  });

  test('carry tags, visualizations and metadata', async () => {
    const { body } = await create({
      artifact_name: 'full',
      tags: ['a'],
      visualizations: [{ type: 'html', uri: '/store/x/page.html' }],
      metadata: { rows: 3, ratio: 0.5, name: 'x', tags: ['y'], nested: { z: true } },
    });
    expect(body.resources.tags.map((tag) => tag.name)).toEqual(['a']);
    expect(body.metadata.visualizations.map((visualization) => visualization.body.uri)).toEqual(['/store/x/page.html']);
    expect(body.metadata.run_metadata).toEqual({ rows: 3, ratio: 0.5, name: 'x', tags: ['y'], nested: { z: true } });
  });

  test('need an artifact, by name or by id', async () => {
    expect((await create({})).status).toBe(422);
    const { body } = await create({ artifact_name: 'named' });
    expect((await create({ artifact_name: 'named', artifact_id: body.body.artifact.id })).status).toBe(422);
    expect((await create({ artifact_id: body.body.artifact.id })).body.body.version).toBe('2');
    expect((await create({ artifact_id: server.userId })).status).toBe(404);
  });

  test('leave nothing behind where their artifact store does not exist', async () => {
    const answer = await create({ artifact_name: 'lost', artifact_store_id: server.userId });
    expect(answer.status).toBe(404);
    const { body } = await server.call<{ total: number }>('GET', '/artifacts?name=lost');
    expect(body.total).toBe(0);
  });

  test('are found by any of several conditions; a flag that is not set is none of them', async () => {
    for (const version of ['red', 'green', 'blue']) await create({ artifact_name: 'coloured', version });
    const listed = (query: string) =>
      server.call<{ items: Version[] }>('GET', `/artifact_versions?artifact=coloured&sort_by=version&${query}`);
    const found = async (query: string) => (await listed(query)).body.items.map(({ body }) => body.version);
    expect(await found('only_unused=false')).toEqual(['blue', 'green', 'red']);
    const { body } = await server.call<{ items: Version[] }>(
      'GET',
      '/artifact_versions?logical_operator=or&version=red&version=blue&only_unused=false&sort_by=version',
    );
    expect(body.items.map((item) => item.body.version)).toEqual(['blue', 'red']);
    expect(await found('only_unused=true&version=red')).toEqual(['red']);
  });

  test('are pruned with artifacts that have none left', async () => {
    await create({ artifact_name: 'pruned' });
    await server.call('DELETE', `/artifact_versions?project_name_or_id=${server.projectId}&only_versions=false`);
    const versions = await server.call<{ total: number }>('GET', '/artifact_versions');
    const artifacts = await server.call<{ total: number }>('GET', '/artifacts');
    expect([versions.body.total, artifacts.body.total]).toEqual([0, 0]);
  });
});
