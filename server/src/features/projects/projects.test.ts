import { startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const create = (name: string) => server.call<{ id: string }>('POST', '/projects', { name });
const linksOfTags = () => server.database.db.selectFrom('tag_resource').select('resource_type').execute();
const SOURCE = { module: 'builtins', attribute: 'int', type: 'builtin' };

async function fill(project: string): Promise<void> {
  const model = await server.call<{ id: string }>('POST', '/models', { project, name: 'model', tags: ['tagged'] });
  const answers = [
    model,
    await server.call('POST', '/model_versions', { project, model: model.body.id, tags: ['tagged'] }),
    await server.call('POST', '/pipelines', { project, name: 'pipeline', tags: ['tagged'] }),
    await server.call('POST', '/artifacts', { project, name: 'empty', tags: ['tagged'] }),
    await server.call('POST', '/artifact_versions', {
      project,
      artifact_name: 'artifact',
      type: 'DataArtifact',
      uri: '/store/x',
      materializer: SOURCE,
      data_type: SOURCE,
      save_type: 'manual',
      tags: ['tagged'],
    }),
  ];
  expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
}

describe('projects', () => {
  test('take the links of tags along when they are deleted, and leave those of others', async () => {
    const { body } = await create('deleted');
    await fill(server.projectId);
    const before = await linksOfTags();
    await fill(body.id);
    expect(await linksOfTags()).toHaveLength(10);
    expect((await server.call('DELETE', '/projects/deleted')).status).toBe(200);
    expect(await linksOfTags()).toEqual(before);
    expect((await server.call('GET', `/models?project=${body.id}`)).status).toBe(404);
    expect((await server.call('DELETE', '/projects/deleted')).status).toBe(404);
  });

  test('exactly one of those that take a name at once gets it', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => create('contended')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
  });
});
