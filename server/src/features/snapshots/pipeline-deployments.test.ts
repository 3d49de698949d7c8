import { fromDatabaseId, newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

test('pipeline deployments are the snapshots of clients that know them by that name', async () => {
  const request = await snapshotRequest();
  const { status, body } = await server.call('POST', '/pipeline_deployments', request);
  expect(status).toBe(200);
  const id = String(body['id']);
  for (const query of ['', '?hydrate=false', '?step_configuration_filter=none']) {
    const deployment = await server.call('GET', `/pipeline_deployments/${id}${query}`);
    const snapshot = await server.call('GET', `/pipeline_snapshots/${id}${query}`);
    expect([deployment.status, deployment.body]).toEqual([200, snapshot.body]);
  }
  const inWorkspace = `/workspaces/${server.projectId}/pipeline_deployments`;
  expect((await server.call('POST', inWorkspace, request)).status).toBe(200);
  const deployments = await server.call('GET', `${inWorkspace}?hydrate=true`);
  const snapshots = await server.call('GET', `/pipeline_snapshots?project=${server.projectId}&hydrate=true`);
  expect(deployments.body).toMatchObject({ total: 2 });
  expect(deployments.body).toEqual(snapshots.body);
  expect((await server.call('DELETE', `/pipeline_deployments/${id}`)).status).toBe(200);
  expect((await server.call('GET', `/pipeline_snapshots/${id}`)).status).toBe(404);
  expect((await server.call('DELETE', `/pipeline_deployments/${id}`)).status).toBe(404);
});

async function snapshotRequest(): Promise<object> {
  const pipeline = await server.call('POST', '/pipelines', { project: server.projectId, name: 'deployed' });
  const stackId = newId();
  const created = now();
  await server.database.db
    .insertInto('stack')
    .values({ id: stackId, created, updated: created, name: 'stack' })
    .execute();
  return {
    project: server.projectId,
    pipeline: pipeline.body['id'],
    stack: fromDatabaseId(stackId),
    run_name_template: 'run',
    pipeline_configuration: { name: 'deployed' },
    step_configurations: {},
    client_environment: {},
    client_version: '0.98.0',
    server_version: '0.98.0',
  };
}
