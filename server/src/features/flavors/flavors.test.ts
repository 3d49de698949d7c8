import { startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

async function create(path: string, body: object): Promise<string> {
  const answer = await server.call<{ id: string }>('POST', path, body);
  expect(answer.status).toBe(200);
  return answer.body.id;
}

test('a flavor keeps its name and type while components use it', async () => {
  const type = 'orchestrator';
  const id = await create('/flavors', { name: 'own', type, source: 'a.B', integration: 'own', config_schema: {} });
  const component = await create('/components', { name: 'c', type, flavor: 'own', configuration: {} });
  for (const change of [{ name: 'other' }, { type: 'alerter' }]) {
    const answer = await server.call('PUT', `/flavors/${id}`, change);
    expect(answer).toMatchObject({ status: 403, body: { detail: ['IllegalOperationError', expect.any(String)] } });
  }
  expect((await server.call('PUT', `/flavors/${id}`, { name: 'own', source: 'a.C' })).status).toBe(200);
  expect((await server.call('GET', `/components/${component}`)).status).toBe(200);

  expect((await server.call('DELETE', `/components/${component}`)).status).toBe(200);
  const renamed = await server.call('PUT', `/flavors/${id}`, { name: 'other' });
  expect(renamed).toMatchObject({ status: 200, body: { name: 'other' } });
});
