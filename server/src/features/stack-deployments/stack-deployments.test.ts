import { encodeJson } from '../../database/encoded-json.ts';
import { fromDatabaseId, newId, toDatabaseId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { bearer } from '../../testing/test-accounts.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    authenticateWith: { ZENML_SERVER_AUTH_SCHEME: 'NO_AUTH', ZENML_DEFAULT_USER_NAME: 'tester' },
  });
});
afterAll(() => server.stop());

test.each([
  ['aws', ['aws', 's3'], 29],
  ['gcp', ['gcp'], 40],
  ['azure', ['azure'], 64],
])('what a deployment to %s takes and gives', async (provider, integrations, locations) => {
  const { status, body } = await server.call('GET', `/stack-deployment/info?provider=${provider}`);
  expect([status, body]).toEqual([200, expect.objectContaining({ provider, integrations })]);
  expect(Object.keys(body['locations'] as object)).toHaveLength(locations);
});

test.each([
  [
    'aws',
    false,
    /^https:\/\/console\.aws\.amazon\.com\/cloudformation\/home\?region=here#\/stacks.*stackName=mine/,
    null,
  ],
  ['aws', true, /cloudformation/, /source {2}= "zenml-io\/zenml-stack\/aws"[^}]*zenml_stack_deployment = "terraform"/],
  ['gcp', false, /shell\.cloud\.google/, /ZENML_STACK_NAME=mine\nZENML_STACK_REGION=here\n/],
  ['gcp', true, /shell\.cloud\.google/, /provider "google" \{\n {4}region {2}= "here"/],
  [
    'azure',
    false,
    /^https:\/\/shell\.azure\.com$/,
    /location = "here"\n[^}]*zenml_stack_deployment = "azure-cloud-shell"/,
  ],
])('how a stack is deployed to %s, with Terraform: %s', async (provider, terraform, url, configuration) => {
  const query = `provider=${provider}&stack_name=mine&location=here&terraform=${terraform}`;
  const { body } = await server.call<Record<string, string | null>>('GET', `/stack-deployment/config?${query}`);
  expect(body['deployment_url']).toMatch(url);
  if (configuration === null) expect(body['configuration']).toBeNull();
  else expect(body['configuration']).toMatch(configuration);
  // What is deployed registers the stack with this token.
  const text = `${body['deployment_url']} ${body['configuration']}`;
  const token = /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(text)?.[0] ?? '';
  expect(await server.call('GET', '/current-user', undefined, bearer(token))).toMatchObject({ status: 200 });
});

test('the stack that a deployment has registered is found by its labels, with the connector of its orchestrator', async () => {
  const { db } = server.database;
  const find = async (query: string) =>
    (await server.call('GET', `/stack-deployment/stack?stack_name=x&${query}`)).body;
  expect(await find('provider=aws')).toBeNull();
  const base = { created: now(), updated: now(), user_id: toDatabaseId(server.userId) };
  const [stackId, componentId, connectorId] = [newId(), newId(), newId()];
  await db
    .insertInto('service_connector')
    .values({
      id: connectorId,
      ...base,
      name: 'cloud',
      description: '',
      connector_type: 'docker',
      auth_method: 'password',
      resource_types: encodeJson(['docker-registry']),
      supports_instances: 0,
    })
    .execute();
  await db
    .insertInto('stack_component')
    .values({
      id: componentId,
      ...base,
      name: 'sagemaker',
      type: 'orchestrator',
      flavor: 'sagemaker',
      configuration: encodeJson({}),
      connector_id: connectorId,
    })
    .execute();
  const labels = encodeJson({ 'zenml:provider': 'aws', 'zenml:deployment': 'cloud-formation' });
  await db
    .insertInto('stack')
    .values({ id: stackId, ...base, name: 'deployed', labels })
    .execute();
  await db.insertInto('stack_composition').values({ stack_id: stackId, component_id: componentId }).execute();
  expect(await find('provider=aws')).toMatchObject({
    stack: { id: fromDatabaseId(stackId), metadata: { labels: { 'zenml:provider': 'aws' } } },
    service_connector: { id: fromDatabaseId(connectorId) },
  });
  expect(await find('provider=aws&terraform=true')).toBeNull();
  expect(await find('provider=gcp')).toBeNull();
  expect(await find('provider=aws&date_start=2999-01-01T00:00:00')).toBeNull();
});
