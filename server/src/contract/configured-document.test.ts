import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { configuredDocument } from './configured-document.ts';
import { readContract } from './document.ts';

test('Without settings of its own the contract is as it is', () => {
  expect(configuredDocument(readContract(), { rootPath: '', pageSize: undefined })).toEqual(readContract());
});

test('A root path is where the document says that the API and its log-in are', () => {
  const { servers, components } = configuredDocument(readContract(), { rootPath: '/zenml', pageSize: undefined });
  expect(servers).toEqual([{ url: '/zenml' }]);
  const flows = { password: { scopes: {}, tokenUrl: '/zenml/api/v1/login' } };
  expect(components.securitySchemes).toEqual({ CookieOAuth2TokenBearer: { type: 'oauth2', flows } });
});

describe('a server below a root path, with short pages', () => {
  let server: TestServer;
  beforeAll(async () => {
    const environment = { ZENML_SERVER_ROOT_URL_PATH: '/zenml', ZENML_PAGINATION_DEFAULT_LIMIT: '2' };
    server = await startTestServer({ environment });
    for (const name of ['a', 'b', 'c']) await server.call('POST', '/tags', { name });
  });
  afterAll(() => server.stop());

  test('answers whether its proxy strips the path or not', async () => {
    const statuses = ['/info', '/../../zenml/api/v1/info', '/../../zenml', '/../../zenmlx/api/v1/info'].map(
      async (path) => (await server.fetch(path)).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 200, 200, 404]);
  });

  test('gives pages of that length, and refuses longer ones', async () => {
    const { body } = await server.call<{ items: unknown[]; max_size: number }>('GET', '/tags');
    expect([body.items.length, body.max_size]).toEqual([2, 2]);
    expect((await server.call('GET', '/tags?size=3')).status).toBe(422);
    const statistics = (size: number) => ({ filter: { project: server.projectId, size }, groupings: [], metrics: [] });
    expect((await server.call('POST', '/runs/statistics', statistics(2))).status).toBe(200);
    expect((await server.call('POST', '/runs/statistics', statistics(3))).status).toBe(422);
  });
});
