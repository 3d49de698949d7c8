import { readContract } from '../contract/document.ts';
import { listOperations } from '../contract/operation-index.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ authenticateWith: {} });
});

afterAll(() => server.stop());

describe('the id of a request', () => {
  test.each([
    ['a log-in that fails', 'POST', '/login', 400],
    ['a list without a log-in', 'GET', '/pipelines', 401],
    ['a path that is not there', 'GET', '/nothing', 404],
    ['a method that is not there', 'PATCH', '/pipelines', 405],
    ['what is public', 'GET', '/info', 200],
  ])('is in the answer to %s, its own each time', async (_what, method, path, status) => {
    const answers = [await server.call(method, path), await server.call(method, path)];
    expect(answers.map((answer) => answer.status)).toEqual([status, status]);
    const ids = answers.map(({ headers }) => headers.get('X-Request-ID'));
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[1]).not.toBe(ids[0]);
  });

  test('is the one that its client gives, where that is safe to print', async () => {
    const idOf = async (given: string) =>
      (await server.call('GET', '/info', undefined, { 'X-Request-ID': given })).headers.get('X-Request-ID');
    expect(await idOf('build-7/step:2')).toBe('build-7/step:2');
    for (const unsafe of ['x'.repeat(101), '<script>', 'a b']) expect(await idOf(unsafe)).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test('metrics name operations and statuses, and grow with neither ids nor unknown paths', async () => {
  const ids = Array.from({ length: 20 }, (_, index) => `unknown-${index}`);
  for (const id of ids) {
    await server.call('GET', `/pipelines/${id}`);
    await server.call('GET', `/${id}`);
    await server.call('PROPFIND', `/${id}`);
  }
  const text = await server.renderMetrics();
  for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds', 'zenml_database_connections'])
    expect(text).toContain(`# TYPE ${name} gauge`);
  expect(text).toContain('zenml_http_request_duration_seconds_bucket{le="0.005",operation="other"}');

  const requests = text.split('\n').filter((line) => line.startsWith('zenml_http_requests_total{'));
  const labels = requests.map((line) => /^\S+\{operation="(\w+)",status="(\d{3})"\} \d+$/.exec(line));
  const known = new Set<string>(['other', ...listOperations(readContract()).map(({ id }) => id)]);
  expect(labels.map((found) => known.has(found?.[1] ?? ''))).toEqual(labels.map(() => true));
  expect(requests.length).toBeLessThan(ids.length);
  expect(text).not.toContain('unknown-');
});
