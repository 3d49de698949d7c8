import { startTestServer, type TestServer } from '../../testing/test-server.ts';

interface Component {
  id: string;
  name: string;
  metadata: { connector_resource_id: string | null; connector: { id: string } | null };
}
interface Connector {
  id: string;
  name: string;
  body: { resource_types: string[] };
  metadata: { configuration: Record<string, unknown>; labels: Record<string, string> };
}
interface Page<Item> {
  total: number;
  items: Item[];
}
interface Stack {
  id: string;
  metadata: { components: Record<string, { id: string }[]> };
  detail: [string, string];
}

let server: TestServer;
let orchestrator: string;
let artifactStore: string;
beforeAll(async () => {
  server = await startTestServer();
  await server.call('PATCH', '/flavors/sync');
  orchestrator = await createComponent('orchestrator', 'local');
  artifactStore = await createComponent('artifact_store', 'local');
});
afterAll(() => server.stop());

async function createComponent(type: string, flavor: string): Promise<string> {
  const request = { name: `the-${type}`, type, flavor, configuration: {} };
  return (await server.call<Component>('POST', '/components', request)).body.id;
}

const DOCKER = {
  type: 'docker',
  auth_method: 'password',
  configuration: { username: 'ada', password: 'hidden', registry: 'registry.example' },
};
const GOOGLE = {
  type: 'gcp',
  auth_method: 'service-account',
  configuration: { service_account_json: '{}', project_id: 'project' },
};

/** A stack of this name, on components that are there and what is given. */
function create(name: string, { components = {}, ...more }: { components?: object; [member: string]: unknown }) {
  const all = { orchestrator: [orchestrator], artifact_store: [artifactStore], ...components };
  return server.call<Stack>('POST', '/stacks', { name, components: all, ...more });
}
const registry = (more: object = {}) => ({
  container_registry: [
    { flavor: 'default', configuration: { uri: 'registry.example' }, service_connector_index: 0, ...more },
  ],
});
const componentNamed = async (name: string) =>
  (await server.call<Page<Component>>('GET', `/components?name=${name}&hydrate=true`)).body.items[0];
const connectorsOf = async (name: string) =>
  (await server.call<Page<Connector>>('GET', `/service_connectors?name=startswith:${name}&sort_by=name&hydrate=true`))
    .body.items;

describe('a stack whose parts are described', () => {
  test('is made with its connector and the component that uses it', async () => {
    const labels = { team: 'a', level: 1 };
    const components = registry();
    const { status } = await create('described', { service_connectors: [DOCKER], components, labels });
    expect(status).toBe(200);
    const [connector] = await connectorsOf('described');
    expect(connector).toMatchObject({
      body: { resource_types: ['docker-registry'] },
      metadata: { configuration: { registry: 'registry.example' }, labels: { team: 'a', level: '1' } },
    });
    expect((await componentNamed('described'))?.metadata).toMatchObject({
      connector: { id: connector?.id },
      connector_resource_id: 'registry.example',
    });
  });

  test('uses a connector that is there', async () => {
    const request = { name: 'there', connector_type: 'docker', auth_method: 'password' };
    const configuration = { username: 'ada', password: 'hidden' };
    const made = await server.call<Connector>('POST', '/service_connectors', { ...request, configuration });
    const components = registry({ service_connector_resource_id: 'other.example' });
    expect((await create('with-named', { service_connectors: [made.body.id], components })).status).toBe(200);
    expect((await componentNamed('with-named'))?.metadata).toMatchObject({
      connector: { id: made.body.id },
      connector_resource_id: 'other.example',
    });
  });

  test('takes other names for its parts where its own is taken, and leaves no secret of those that failed', async () => {
    const secrets = () => server.database.db.selectFrom('secret').select('id').execute();
    const before = (await secrets()).length;
    expect((await create('crowded', { service_connectors: [DOCKER, GOOGLE] })).status).toBe(200);
    const [first, second] = await connectorsOf('crowded');
    expect([first?.name, second?.name]).toEqual(['crowded', expect.stringMatching(/^crowded-[0-9a-f]{4}$/)]);
    expect(second?.metadata.configuration).toMatchObject({ generate_temporary_tokens: true });
    expect((await secrets()).length).toBe(before + 2);
  });

  test('gets lasting tokens where its orchestrator hands them to machines', async () => {
    const { type, ...more } = GOOGLE;
    const request = { name: 'machines-there', connector_type: type, ...more };
    const made = await server.call<Connector>('POST', '/service_connectors', request);
    const components = { orchestrator: [{ flavor: 'vm_gcp', configuration: {} }] };
    const answer = await create('machines', { service_connectors: [GOOGLE, made.body.id], components });
    expect(answer.status).toBe(200);
    for (const connector of await connectorsOf('machines')) {
      expect(connector.metadata.configuration).toMatchObject({
        ...{ generate_temporary_tokens: false, project_id: 'project', service_account_json: '{}' },
      });
    }
    expect(await connectorsOf('machines')).toHaveLength(2);
  });

  const LOCAL_STORE = { flavor: 'local', configuration: {}, service_connector_index: 0 };
  const BUCKET = { flavor: 's3', configuration: { path: 's3://a' }, service_connector_index: 0 };
  test.each<[string, object, number, RegExp]>([
    ['a connector that does not fit', { components: { artifact_store: [BUCKET] } }, 400, /Please pick a connector/],
    [
      'a component without need of one',
      { components: { artifact_store: [LOCAL_STORE] } },
      400,
      /does not support using/,
    ],
    ['a flavor that is not there', { components: registry({ flavor: 'none' }) }, 400, /Flavor 'none' not found/],
    [
      'a connector that is not described',
      { components: registry({ service_connector_index: 1 }) },
      422,
      /out of range/,
    ],
    [
      'a connector that is not there',
      { service_connectors: ['00000000-0000-4000-8000-000000000000'] },
      404,
      /No service/,
    ],
    [
      'a bad configuration',
      { service_connectors: [{ ...DOCKER, configuration: {} }] },
      400,
      /missing required attribute/,
    ],
  ])('is refused with %s, and leaves nothing behind', async (_what, request, status, message) => {
    const answer = await create('refused', { service_connectors: [DOCKER], ...request });
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).toMatch(message);
    expect(await connectorsOf('refused')).toEqual([]);
    expect(await componentNamed('refused')).toBeUndefined();
  });
});

test('A component is in a stack once', async () => {
  const { status, body } = await create('twice', { components: { step_operator: [orchestrator] } });
  expect(status).toBe(422);
  expect(JSON.stringify(body)).toContain('A component is in a stack once only.');
});
