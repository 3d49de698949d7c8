import type { Model } from '../../contract/operation-types.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { parseLabels } from './label-filter.ts';

type Connector = Model<'ServiceConnectorResponse'>;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const aws = (name: string, more: object = {}) => ({
  name,
  connector_type: 'aws',
  auth_method: 'secret-key',
  resource_types: ['s3-bucket'],
  configuration: { aws_access_key_id: 'AKIA', aws_secret_access_key: 'hidden', region: 'eu-west-1', unknown: 1 },
  ...more,
});
const create = (body: object) => server.call<Connector>('POST', '/service_connectors', body);
const messageOf = (body: unknown) => (body as { detail: string[] }).detail;

describe('service connectors', () => {
  test('keep secrets out of their own row and show them when asked', async () => {
    const { status, body } = await create(aws('keeps-secrets', { labels: { team: 'a' } }));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      body: { resource_types: ['s3-bucket'], supports_instances: true, connector_type: 'aws' },
      metadata: {
        configuration: { aws_access_key_id: 'AKIA', aws_secret_access_key: 'hidden', region: 'eu-west-1' },
        labels: { team: 'a' },
      },
    });
    expect(body.metadata?.configuration).not.toHaveProperty('unknown');
    const row = await server.database.db.selectFrom('service_connector').selectAll().executeTakeFirstOrThrow();
    expect(Buffer.from(String(row.configuration), 'base64').toString()).toBe('{"region":"eu-west-1"}');
    const hidden = await server.call<Connector>('GET', `/service_connectors/${body.id}?expand_secrets=false`);
    expect(hidden.body.metadata?.configuration).toEqual({ region: 'eu-west-1' });
    expect((await server.call('GET', '/secrets')).body).toMatchObject({ total: 0 });
  });

  test('drop their secret when the configuration has none left, and when they go', async () => {
    const { body } = await create({
      name: 'drops-secrets',
      connector_type: 'oauth2',
      auth_method: 'token',
      configuration: { api_url: 'https://x', access_token: 't' },
    });
    const path = `/service_connectors/${body.id}`;
    const secrets = () => server.database.db.selectFrom('secret').select('name').execute();
    expect((await secrets()).map(({ name }) => name)).toContainEqual(
      expect.stringMatching(/^connector-drops-secrets-/),
    );
    await server.call('PUT', path, { name: 'renamed' });
    expect((await server.call<Connector>('GET', path)).body.metadata?.configuration).toMatchObject({
      access_token: 't',
    });
    expect((await server.call('DELETE', path)).status).toBe(200);
    expect((await secrets()).map(({ name }) => name)).not.toContainEqual(expect.stringMatching(/^connector-drops-/));
    expect((await server.call('DELETE', path)).status).toBe(404);
  });

  test.each([
    ['an unknown method', { auth_method: 'magic' }, /does not support the 'magic' authentication method/],
    ['an unknown resource type', { resource_types: ['x'] }, /does not support resource type 'x'/],
    ['a missing attribute', { configuration: {} }, /missing required attribute 'aws_access_key_id'/],
    [
      'a secret that is no text',
      { configuration: { aws_access_key_id: 1, aws_secret_access_key: 'x', region: 'r' } },
      /'aws_access_key_id' is a secret but is not a string/,
    ],
  ])('refuse %s', async (_title, more, message) => {
    const { status, body } = await create(aws('refused', more));
    expect([status, messageOf(body)]).toEqual([400, ['ValueError', expect.stringMatching(message)]]);
  });

  test('exactly one of those that take a name at once gets it', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => create(aws('contended'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
  });

  test('keep what components rely on, and stay while they do', async () => {
    const { body } = await create(aws('in-use'));
    const path = `/service_connectors/${body.id}`;
    await addComponent(body.id);
    const change = await server.call('PUT', path, { resource_types: ['aws-generic'] });
    expect([change.status, messageOf(change.body)[1]]).toEqual([403, expect.stringMatching(/^The resource type of/)]);
    expect((await server.call('PUT', path, { description: 'still fine' })).status).toBe(200);
    const removal = await server.call('DELETE', path);
    expect([removal.status, messageOf(removal.body)[1]]).toEqual([403, expect.stringMatching(/referenced by 1 stack/)]);
  });

  test('of registries tell what they reach, and make clients of it', async () => {
    const configuration = { username: 'u', password: 'p', registry: 'https://registry.example/v2' };
    const request = { name: 'registry', connector_type: 'docker', auth_method: 'password', configuration };
    const reached = (ids: string[]) => ({ resources: [{ resource_type: 'docker-registry', resource_ids: ids }] });
    expect((await server.call('POST', '/service_connectors/verify', request)).body).toMatchObject(
      reached(['registry.example']),
    );
    const { body } = await create(request);
    const path = `/service_connectors/${body.id}`;
    expect((await server.call('PUT', `${path}/verify`)).body).toMatchObject(reached(['registry.example']));
    expect((await server.call('PUT', `${path}/verify?resource_id=other.example`)).body).toMatchObject({
      error: expect.stringContaining('does not allow access'),
    });
    expect((await server.call('GET', `${path}/client?resource_id=registry.example/app`)).body).toMatchObject({
      body: { resource_id: 'registry.example', resource_types: ['docker-registry'] },
      metadata: { configuration },
    });
    expect((await server.call('GET', `${path}/client?resource_id=other.example`)).status).toBe(401);
    await server.call('PUT', path, { expires_at: '2020-01-01T00:00:00' });
    expect((await server.call('GET', `${path}/client`)).status).toBe(401);
    await server.call('DELETE', path);
  });

  test('of types that only the SDK knows how to use are not verified here', async () => {
    const { body } = await create(aws('sdk-only', { resource_id: 's3://bucket' }));
    expect((await server.call('PUT', `/service_connectors/${body.id}/verify`)).status).toBe(501);
    expect((await server.call('GET', `/service_connectors/${body.id}/client`)).status).toBe(501);
    expect((await server.call('GET', '/service_connector_types/aws')).status).toBe(404);
    expect((await server.call('GET', '/service_connectors/resources?name=sdk-only')).body).toMatchObject([
      { name: 'sdk-only', resources: [{ resource_type: 's3-bucket', resource_ids: ['s3://bucket'], error: null }] },
    ]);
  });

  test('are found by resource type and labels', async () => {
    await create(aws('labelled', { labels: { stage: 'prod', 'odd "name"': '1' } }));
    const names = async (query: string) => {
      const { body } = await server.call<{ items: Connector[] }>('GET', `/service_connectors?size=50&${query}`);
      return body.items.map(({ name }) => name);
    };
    expect(await names('labels_str=stage=prod')).toEqual(['labelled']);
    expect(await names('labels_str=stage')).toEqual(['labelled']);
    expect(await names('labels_str=stage=dev')).toEqual([]);
    expect(await names(`labels_str=${encodeURIComponent('{"odd \\"name\\"": null}')}`)).toEqual(['labelled']);
    expect(await names('resource_type=s3-bucket&name=labelled')).toEqual(['labelled']);
    expect(await names('resource_type=s3&name=labelled')).toEqual([]);
  });

  test('name the parts of a whole stack, or say why not', async () => {
    const path = '/service_connectors/full_stack_resources';
    const docker = { type: 'docker', auth_method: 'password', configuration: { username: 'u', password: 'p' } };
    const none = { artifact_store: [], orchestrator: [], container_registry: [] };
    expect(await server.call('POST', path, docker)).toMatchObject({
      status: 200,
      body: { connector_type: 'docker', components_resources_info: none },
    });
    const stored = await create({
      name: 'registry',
      connector_type: 'docker',
      auth_method: 'password',
      configuration: docker.configuration,
    });
    const byId = `${path}?connector_uuid=${stored.body.id}`;
    expect(await server.call('POST', byId)).toMatchObject({ status: 200, body: { components_resources_info: none } });
    expect(await server.call('POST', byId, docker)).toMatchObject({ status: 400 });
    expect(await server.call('POST', path)).toMatchObject({ status: 400 });
    expect(await server.call('POST', path, { ...docker, configuration: {} })).toMatchObject({ status: 400 });
    const cloud = await server.call('POST', path, { type: 'aws', auth_method: 'implicit' });
    expect(cloud.status).toBe(501);
    expect(messageOf(cloud.body)[1]).toContain('Service connector type aws is not available locally.');
  });
});

test.each([
  [
    'a=b,c',
    [
      { name: 'a', value: 'b' },
      { name: 'c', value: null },
    ],
  ],
  ['a=', [{ name: 'a', value: '' }]],
  [
    '{"a": "b", "c": null}',
    [
      { name: 'a', value: 'b' },
      { name: 'c', value: null },
    ],
  ],
])('labels %s', (text, labels) => {
  expect(parseLabels(text)).toEqual(labels);
});

async function addComponent(connectorId: string): Promise<void> {
  const created = now();
  const blob = Buffer.from('e30=');
  await server.database.db
    .insertInto('stack_component')
    .values({
      id: newId(),
      created,
      updated: created,
      name: 'user-of-connector',
      type: 'artifact_store',
      flavor: 's3',
      configuration: blob,
      connector_id: connectorId.replaceAll('-', ''),
    })
    .execute();
}
