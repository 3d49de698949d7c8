import type { Model } from '../../contract/operation-types.ts';
import { encodeJson } from '../../database/encoded-json.ts';
import { fromDatabaseId, newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

type RunTemplate = Model<'RunTemplateResponse'>;

let server: TestServer;
let pipelineId: string;
beforeAll(async () => {
  server = await startTestServer();
  const pipeline = await server.call('POST', '/pipelines', { project: server.projectId, name: 'templated' });
  pipelineId = String(pipeline.body['id']);
});
afterAll(() => server.stop());

const create = (name: string, snapshot: string, more: object = {}) =>
  server.call<RunTemplate>('POST', '/run_templates', {
    project: server.projectId,
    name,
    source_snapshot_id: snapshot,
    ...more,
  });
const messageOf = (body: unknown) => (body as { detail: string[] }).detail[1];

describe('run templates', () => {
  test('name their snapshot, are found through it, and leave it when they go', async () => {
    const snapshot = await createSnapshot('kubernetes', 0);
    const { body } = await create('template', snapshot, { description: 'text', tags: ['blue'] });
    expect(body).toMatchObject({
      body: { runnable: true, hidden: false },
      metadata: { description: 'text' },
      resources: { source_snapshot: { id: snapshot, name: 'template' }, tags: [{ name: 'blue' }] },
    });
    const total = async (query: string) =>
      (await server.call<{ total: number }>('GET', `/run_templates?${query}`)).body.total;
    expect(await total('pipeline=templated&hidden=false')).toBe(1);
    expect(await total('pipeline=another')).toBe(0);
    const path = `/run_templates/${body.id}`;
    expect((await server.call('PUT', path, { hidden: true, name: 'renamed' })).body).toMatchObject({
      name: 'renamed',
      body: { hidden: true },
    });
    expect((await server.call('DELETE', path)).status).toBe(200);
    expect((await server.call('GET', path)).status).toBe(404);
    expect((await server.call('GET', `/pipeline_snapshots/${snapshot}`)).status).toBe(200);
  });

  test('exist once under a name, however many are made at once', async () => {
    const snapshot = await createSnapshot('kubernetes', 0);
    const answers = await Promise.all([1, 2, 3, 4].map(() => create('contended', snapshot)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
  });

  test.each([
    ['without an image', undefined, 0, /there is no associated build/],
    ['that need the client', 'local', 0, /contains local components/],
    ['with a flavor that nobody else has', 'own', 1, /has a custom flavor/],
  ])('cannot be made of snapshots %s', async (_title, flavor, isCustom, message) => {
    const { status, body } = await create('refused', await createSnapshot(flavor, isCustom));
    expect([status, messageOf(body)]).toEqual([400, expect.stringMatching(message)]);
    expect((await create('refused', fromDatabaseId(newId()))).status).toBe(404);
  });
});

/** @param flavor the orchestrator that the snapshot's image is built for; without one there is no image. */
async function createSnapshot(flavor: string | undefined, isCustom: number): Promise<string> {
  const stack = await insertStack(flavor ?? 'local', isCustom);
  const build = flavor && {
    build: (
      await server.call('POST', '/pipeline_builds', {
        project: server.projectId,
        pipeline: pipelineId,
        stack,
        is_local: false,
        contains_code: true,
        images: {},
      })
    ).body['id'],
  };
  const snapshot = await server.call('POST', '/pipeline_snapshots', {
    project: server.projectId,
    pipeline: pipelineId,
    stack,
    ...build,
    run_name_template: 'run',
    pipeline_configuration: { name: 'templated' },
    step_configurations: {},
    client_environment: {},
    client_version: '0.98.0',
    server_version: '0.98.0',
  });
  return String(snapshot.body['id']);
}

async function insertStack(flavor: string, isCustom: number): Promise<string> {
  const { db } = server.database;
  const [id, component] = [newId(), newId()];
  const created = now();
  const base = { created, updated: created, name: `${flavor}-${id}` };
  await db
    .insertInto('stack')
    .values({ id, ...base })
    .execute();
  await db
    .insertInto('stack_component')
    .values({ id: component, ...base, type: 'orchestrator', flavor, configuration: encodeJson({}) })
    .execute();
  await db.insertInto('stack_composition').values({ stack_id: id, component_id: component }).execute();
  const known = await db.selectFrom('flavor').select('id').where('name', '=', flavor).executeTakeFirst();
  if (!known) {
    await db
      .insertInto('flavor')
      .values({
        ...base,
        id: newId(),
        name: flavor,
        type: 'orchestrator',
        source: 'x',
        config_schema: '{}',
        is_custom: isCustom,
      })
      .execute();
  }
  return fromDatabaseId(id);
}
