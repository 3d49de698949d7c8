import { startTestServer, type TestServer } from '../testing/test-server.ts';

const FULL_STACK = '/service_connectors/full_stack_resources';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

const UNREADABLE = { detail: 'There was an error parsing the body' };
const UNKNOWN = '00000000-0000-0000-0000-000000000000';

describe('bad input', () => {
  test.each([
    ['a body that is no JSON', 'POST', '/pipelines', '{"name"', 422],
    ['no body', 'POST', '/pipelines', undefined, 422],
    ['a missing field', 'POST', '/pipelines', { name: 'x' }, 422],
    ['a wrong type', 'POST', '/pipelines', { name: 3, project: UNKNOWN }, 422],
    ['an id that is no UUID in a body', 'POST', '/pipelines', { name: 'x', project: 'y' }, 422],
    ['too long a name', 'POST', '/pipelines', { name: 'x'.repeat(256), project: UNKNOWN }, 422],
    ['a name that says nothing', 'PUT', `/pipeline_snapshots/${UNKNOWN}`, { name: true }, 422],
    ['an empty name', 'PUT', `/pipeline_snapshots/${UNKNOWN}`, { name: '' }, 422],
    ['too large a body', 'POST', '/pipelines', { name: 'x'.repeat(1_000_001) }, 413],
    ['too large a log-in', 'POST', '/login', { password: 'x'.repeat(65_536) }, 413],
    ['an unknown reference', 'POST', '/pipelines', { name: 'x', project: UNKNOWN }, 404],
    ['an id that is no UUID in a path', 'GET', '/pipelines/xyz', undefined, 422],
    ['an unknown id', 'GET', `/pipelines/${UNKNOWN}`, undefined, 404],
    ['page 0', 'GET', '/pipelines?page=0', undefined, 422],
    ['a page behind the last', 'GET', '/pipelines?page=7', undefined, 400],
    ['a page behind any number', 'GET', '/pipelines?page=5382102721657031680000', undefined, 400],
    ['too large a page', 'GET', '/pipelines?size=10001', undefined, 422],
    ['a sort by an unknown field', 'GET', '/pipelines?sort_by=nothing', undefined, 422],
    ['a sort by a field that cannot sort', 'GET', '/pipelines?sort_by=project', undefined, 422],
    ['an operator that the type has not', 'GET', '/pipelines?created=contains:2', undefined, 422],
    ['a date in another format', 'GET', '/pipelines?created=gt:yesterday', undefined, 422],
    ['a list that is none', 'GET', '/pipelines?name=oneof:a', undefined, 422],
    ['an unknown logical operator', 'GET', '/pipelines?logical_operator=xor', undefined, 422],
    ['a value for isnull', 'GET', '/pipelines?name=isnull:x', undefined, 422],
    ['an unknown project', 'GET', '/pipelines?project=nowhere', undefined, 404],
    ['a flag that is none', 'GET', '/pipelines?hydrate=maybe', undefined, 422],
    ['an unknown path', 'GET', '/nothing', undefined, 404],
    ['an unknown path, not by GET', 'POST', '/nothing', {}, 405],
    ['a method that the path has not', 'PATCH', '/pipelines', undefined, 405],
    ['resource pools, which are not offered', 'GET', '/resource_requests', undefined, 501],
    ['a connector of a type that is not offered', 'POST', FULL_STACK, { type: 'aws', auth_method: 'x' }, 501],
  ])('%s', async (_title, method, path, body, status) => {
    const answer = await server.call(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('X-Request-ID')).toBeTruthy();
    const { body: pipelines } = await server.call<{ total: number }>('GET', '/pipelines');
    expect(pipelines.total).toBe(0);
  });

  test.each<[string, string | Buffer, string | undefined, number, unknown]>([
    [
      'JSON that does not say so',
      '{"name":"x"}',
      'text/plain',
      422,
      ['ValueError', expect.stringContaining("('body',)")],
    ],
    ['JSON of no type', '{"name":"x"}', undefined, 422, ['ValueError', expect.stringContaining("('body',)")]],
    ['a file', '--x--', 'multipart/form-data; boundary=x', 403, { detail: expect.stringContaining('not allowed') }],
    ['bytes that are no text', Buffer.from('{"name":"\xff"}', 'latin1'), 'application/json', 400, UNREADABLE],
    ['arrays in arrays without end', `{"name":${'['.repeat(99_999)}`, 'application/json', 400, UNREADABLE],
    [
      'half a character',
      '{"name":"\\ud83d \\ud83d\\ude00"}',
      'application/json; charset=utf-8',
      422,
      ['ValueError', expect.stringContaining("'string_unicode', 'loc': ('body', 'name')")],
    ],
  ])('%s is no body', async (_what, text, type, status, refusal) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type };
    // A text without a type would be sent as text/plain.
    const answer = await server.fetch('/tags', { method: 'POST', headers, body: Buffer.from(text) });
    expect([answer.status, await answer.json()]).toEqual([status, refusal]);
    expect((await server.call('GET', '/tags')).body['total']).toBe(0);
  });

  test('a body may begin with a mark of its byte order, hold brackets in texts, and be of a type that is JSON too', async () => {
    const brackets = `"\\"${'[{'.repeat(1000)}`;
    const body = `\ufeff${JSON.stringify({ name: 'x', project: server.projectId, description: brackets })}`;
    const made = await server.call('POST', '/pipelines', body, { 'Content-Type': 'application/problem+json' });
    expect(made).toMatchObject({ status: 200, body: { name: 'x' } });
    await server.call('DELETE', `/pipelines/${made.body['id']}`);
  });

  test('a method that a path has not is answered with those that it has', async () => {
    const { headers } = await server.call('PATCH', `/pipelines/${UNKNOWN}`);
    expect(headers.get('Allow')?.split(', ').sort()).toEqual(['DELETE', 'GET', 'PUT']);
  });

  test('a whole number may be written as a float', async () => {
    expect(await server.call('GET', '/pipelines?size=5.0')).toMatchObject({ status: 200, body: { max_size: 5 } });
    expect((await server.call('GET', '/pipelines?size=5.5')).status).toBe(422);
  });

  test('an unknown query parameter is passed over, as in the reference', async () => {
    expect((await server.call('GET', '/pipelines?foo=bar')).status).toBe(200);
  });

  test('what the contract does not name never becomes a column', async () => {
    const path = `/projects/${server.projectId}`;
    const { body: before } = await server.call<object>('GET', path);
    const made = { id: UNKNOWN, created: '2000-01-01', 'no column': {}, description: 'new' };
    const { status, body } = await server.call<{ id: string; body: object; metadata: object }>('PUT', path, made);
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...before, body: expect.anything(), metadata: { description: 'new' } });
    const flavor = { name: 'f', type: 'orchestrator', source: 'a.B', integration: 'own', config_schema: {} };
    const { body: own } = await server.call<{ id: string }>('POST', '/flavors', flavor);
    const changed = await server.call('PUT', `/flavors/${own.id}`, { id: UNKNOWN, user_id: null, x: { y: 1 } });
    expect(changed).toMatchObject({ status: 200, body: { id: own.id } });
  });

  test('a value that its column does not take is refused, and named', async () => {
    const { body: user } = await server.call<{ id: string }>('GET', '/current-user');
    const metadata = { text: 'x'.repeat(70_000) };
    const answer = await server.call('PUT', `/users/${user.id}`, { user_metadata: metadata });
    expect(answer).toMatchObject({
      status: 400,
      body: { detail: ['ValueError', 'The value of user_metadata is too long.'] },
    });
    const connector = {
      name: 'c',
      connector_type: 'docker',
      auth_method: 'password',
      resource_types: ['docker-registry'],
    };
    const { body } = await server.call('POST', '/service_connectors?verify=false', {
      ...connector,
      configuration: { username: 'me', password: 'secret', registry: 'registry.example.com' },
      expires_skew_tolerance: 10 ** 15,
    });
    expect(body).toEqual({ detail: ['ValueError', 'The value of expires_skew_tolerance is out of range.'] });
  });

  test('errors have the shape that the SDK rebuilds its exceptions from', async () => {
    const { body } = await server.call('GET', `/pipelines/${UNKNOWN}`);
    const message = `"Unable to get pipeline with ID '${UNKNOWN}': No pipeline with this ID found"`;
    expect(body).toEqual({ detail: ['KeyError', message] });
  });
});
