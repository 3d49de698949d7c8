import type { Model } from '../../contract/operation-types.ts';
import { fromDatabaseId, newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

type Deployment = Model<'DeploymentResponse'>;

let server: TestServer;
let snapshotId: string;
let deployerId: string;
beforeAll(async () => {
  server = await startTestServer();
  snapshotId = await createSnapshot();
  deployerId = await insertDeployer();
});
afterAll(() => server.stop());

const create = (name: string, more: object = {}) =>
  server.call<Deployment>('POST', '/deployments', {
    project: server.projectId,
    name,
    snapshot_id: snapshotId,
    deployer_id: deployerId,
    ...more,
  });
const messageOf = (body: unknown) => (body as { detail: string[] }).detail[1];

describe('deployments', () => {
  test('start unknown, take on the state that a deployer reports, and go with their links', async () => {
    const { body } = await create('service', { auth_key: 'key', tags: ['blue'] });
    expect(body).toMatchObject({
      body: { status: 'unknown', url: null },
      metadata: { deployment_metadata: {}, auth_key: 'key' },
      resources: { snapshot: { id: snapshotId }, deployer: { id: deployerId }, pipeline: { name: 'deployed' } },
    });
    const path = `/deployments/${body.id}`;
    const state = {
      status: 'running',
      url: 'http://service',
      deployment_metadata: { pod: 'x' },
      remove_tags: ['blue'],
    };
    expect((await server.call('PUT', path, state)).body).toMatchObject({
      body: { status: 'running', url: 'http://service' },
      metadata: { deployment_metadata: { pod: 'x' }, auth_key: 'key' },
      resources: { tags: [] },
    });
    await server.call('PUT', path, { add_tags: ['green'] });
    expect((await server.call('DELETE', path)).status).toBe(200);
    expect(await server.database.db.selectFrom('tag_resource').selectAll().execute()).toEqual([]);
    expect((await server.call('DELETE', path)).status).toBe(404);
  });

  test('get no exclusive tag under the name of a plain one, whatever its case', async () => {
    await server.call('POST', '/tags', { name: 'plain' });
    const { status, body } = await create('tagged', { tags: [{ name: 'Plain', exclusive: true }] });
    expect(status).toBe(400);
    expect(messageOf(body)).toMatch(/^Tag `plain` has been defined as a non-exclusive tag/);
  });

  test('exactly one of those that take a name at once gets it', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => create('contended')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    const other = await create('other');
    expect((await server.call('PUT', `/deployments/${other.body.id}`, { name: 'contended' })).status).toBe(409);
  });

  test('refuse references that lead nowhere', async () => {
    const nowhere = fromDatabaseId(newId());
    const snapshot = await create('lost', { snapshot_id: nowhere });
    expect([snapshot.status, messageOf(snapshot.body)]).toEqual([404, expect.stringContaining('pipeline snapshot')]);
    const deployer = await create('lost', { deployer_id: nowhere });
    expect([deployer.status, messageOf(deployer.body)]).toEqual([404, expect.stringContaining('The deployer with ID')]);
  });

  test('are found by their pipeline and status', async () => {
    for (let index = 0; index < 3; index += 1) await create(`many-${index}`, { tags: [`tag-${index}`] });
    const count = async (query: string) =>
      (await server.call<{ total: number }>('GET', `/deployments?name=startswith:many&${query}`)).body.total;
    expect(await count('sort_by=desc:pipeline')).toBe(3);
    expect(await count('pipeline=deployed')).toBe(3);
    expect(await count('pipeline=another')).toBe(0);
    expect(await count('status=running')).toBe(0);
  });
});

async function createSnapshot(): Promise<string> {
  const pipeline = await server.call('POST', '/pipelines', { project: server.projectId, name: 'deployed' });
  const snapshot = await server.call('POST', '/pipeline_snapshots', {
    project: server.projectId,
    pipeline: pipeline.body['id'],
    stack: await insertStack(),
    run_name_template: 'run',
    pipeline_configuration: { name: 'deployed' },
    step_configurations: {},
    client_environment: {},
    client_version: '0.98.0',
    server_version: '0.98.0',
  });
  return String(snapshot.body['id']);
}

async function insertStack(): Promise<string> {
  const id = newId();
  const created = now();
  await server.database.db.insertInto('stack').values({ id, created, updated: created, name: 'stack' }).execute();
  return fromDatabaseId(id);
}

async function insertDeployer(): Promise<string> {
  const id = newId();
  const created = now();
  const configuration = Buffer.from('e30=');
  await server.database.db
    .insertInto('stack_component')
    .values({ id, created, updated: created, name: 'deployer', type: 'deployer', flavor: 'kubernetes', configuration })
    .execute();
  return fromDatabaseId(id);
}
