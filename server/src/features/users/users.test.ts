import { fromDatabaseId } from '../../database/ids.ts';
import { bearer, logIn, sendForm, setPassword } from '../../testing/test-accounts.ts';
import { insertUser, startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let admin: Record<string, string>;
let member: Record<string, string>;
let memberId: string;

beforeAll(async () => {
  server = await startTestServer({ authenticateWith: {} });
  memberId = fromDatabaseId(await insertUser(server.database, 'member'));
  await setPassword(server, server.userId, 'secret');
  await setPassword(server, memberId, 'secret');
  admin = bearer(await logIn(server, { username: 'tester', password: 'secret' }));
  member = bearer(await logIn(server, { username: 'member', password: 'secret' }));
});

afterAll(() => server.stop());

const call = (headers: Record<string, string>, method: string, path: string, body?: unknown) =>
  server.call(method, path, body, headers);

describe('who is no administrator', () => {
  test.each<[string, string, unknown]>([
    ['POST', '/users', { name: 'new', is_admin: false }],
    ['PUT', '/users/tester', { full_name: 'x' }],
    ['PUT', '/users/tester/deactivate', undefined],
    ['DELETE', '/users/tester', undefined],
    ['GET', '/users/tester', undefined],
    ['POST', '/service_accounts', { name: 'new', active: true }],
  ])('may not %s %s', async (method, path, body) => {
    const answer = await call(member, method, path, body);
    expect(answer).toMatchObject({ status: 403, body: { detail: ['IllegalOperationError', expect.any(String)] } });
  });

  test('sees and changes only the own account, and not its status', async () => {
    expect((await call(member, 'GET', '/users')).body['total']).toBe(1);
    expect((await call(member, 'GET', '/users?name=tester')).body['total']).toBe(0);
    expect((await call(member, 'PUT', `/users/${memberId}`, { full_name: 'M' })).status).toBe(200);
    expect((await call(member, 'PUT', `/users/${memberId}`, { is_admin: true })).status).toBe(403);
    expect((await call(member, 'PUT', `/users/${memberId}`, { active: false })).status).toBe(403);
    const sneaky = await call(member, 'PUT', '/current-user', { is_admin: true, full_name: 'Mem' });
    expect(sneaky).toMatchObject({ status: 200, body: { body: { is_admin: false, full_name: 'Mem' } } });
  });
});

describe('a password', () => {
  const change = (body: unknown) => call(member, 'PUT', '/current-user', body);

  test.each([
    [
      'without the current one',
      { password: 'new' },
      'The current password must be supplied when changing the password.',
    ],
    ['with a wrong one', { password: 'new', old_password: 'x' }, 'The current password is incorrect.'],
  ])('is not changed %s', async (_how, body, message) => {
    expect(await change(body)).toMatchObject({ status: 403, body: { detail: ['IllegalOperationError', message] } });
  });

  test('is not changed by an administrator', async () => {
    expect((await call(admin, 'PUT', `/users/${memberId}`, { password: 'new', old_password: 'secret' })).status).toBe(
      403,
    );
  });

  test('with a NUL character is refused, and one above 72 bytes works', async () => {
    const create = (name: string, password: string) =>
      call(admin, 'POST', '/users', { name, password, is_admin: false });
    expect((await create('nul', 'a\0b')).status).toBe(422);
    const password = 'p'.repeat(90);
    expect((await create('long', password)).status).toBe(200);
    await logIn(server, { username: 'long', password });
  });
});

describe('an e-mail address', () => {
  test('means agreement where nothing else is said, and agreement needs one', async () => {
    const given = await call(member, 'PUT', '/current-user', { email: 'm@example.com' });
    expect(given).toMatchObject({ status: 200, body: { body: { email_opted_in: true } } });
    expect((await call(member, 'PUT', '/current-user', { email_opted_in: true })).status).toBe(422);
    const answered = { email: null, email_opted_in: false };
    expect((await call(member, 'PUT', `/users/${memberId}/email-opt-in`, answered)).status).toBe(200);
    expect((await call(admin, 'PUT', `/users/${memberId}/email-opt-in`, answered)).status).toBe(401);
    expect((await call(admin, 'PUT', `/users/${memberId}`, { email: 'x@example.com' })).status).toBe(403);
  });
});

test('a default project that is not there is refused', async () => {
  const changed = { default_project_id: '0b0b0b0b-1111-2222-3333-444444444444' };
  expect((await call(member, 'PUT', '/current-user', changed)).status).toBe(404);
});

describe('the last administrator', () => {
  test('stays, also when two take each other away at once', async () => {
    const { body } = await call(admin, 'POST', '/users', { name: 'second', password: 'secret', is_admin: true });
    const second = bearer(await logIn(server, { username: 'second', password: 'secret' }));
    const answers = await Promise.all([
      call(admin, 'PUT', `/users/${body['id']}`, { is_admin: false }),
      call(second, 'PUT', `/users/${server.userId}`, { is_admin: false }),
    ]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(1);
    const left = await server.database.db.selectFrom('user').selectAll().where('is_admin', '=', 1).execute();
    expect(left).toHaveLength(1);
    await server.database.db.updateTable('user').set({ is_admin: 1 }).where('name', '=', 'tester').execute();
  });
});

test('of two that take a name at once one gets it', async () => {
  const create = () => call(admin, 'POST', '/users', { name: 'wanted', password: 'secret', is_admin: false });
  const answers = await Promise.all([create(), create(), create()]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
});

describe('deletion', () => {
  test('is refused while something belongs to the user', async () => {
    const { body } = await call(admin, 'POST', '/users', { name: 'owner', password: 'secret', is_admin: false });
    const owner = bearer(await logIn(server, { username: 'owner', password: 'secret' }));
    const tag = await call(owner, 'POST', '/tags', { name: 'owned' });
    expect((await call(admin, 'DELETE', `/users/${body['id']}`)).status).toBe(403);
    await call(admin, 'DELETE', `/tags/${tag.body['id']}`);
    expect((await call(admin, 'DELETE', `/users/${body['id']}`)).status).toBe(200);
    expect((await call(owner, 'GET', '/current-user')).status).toBe(401);
  });

  test('of oneself is refused', async () => {
    expect((await call(admin, 'DELETE', '/users/tester')).status).toBe(403);
  });
});

describe('activation of the server', () => {
  const activate = (name: string) =>
    server.call('PUT', '/activate', { admin_username: name, admin_password: 'secret', server_name: 'mine' });
  const setActive = (active: number) => server.database.db.updateTable('server_settings').set({ active }).execute();

  test('happens once, also when two try at once', async () => {
    await setActive(0);
    const answers = await Promise.all([activate('first-a'), activate('first-b')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403]);
    const made = answers.find(({ status }) => status === 200);
    expect(made?.body).toMatchObject({ body: { is_admin: true, active: true, full_name: '' } });
    await logIn(server, { username: String(made?.body['name']), password: 'secret' });
    expect((await activate('late')).body['detail']).toEqual(['IllegalOperationError', 'The server is already active.']);
    expect((await sendForm(server, '/login', { username: 'late', password: 'secret' })).status).toBe(401);
  });

  test('is undone where the administrator cannot be made', async () => {
    await setActive(0);
    expect((await activate('tester')).status).toBe(409);
    const { active } = await server.database.db
      .selectFrom('server_settings')
      .select('active')
      .executeTakeFirstOrThrow();
    expect(active).toBe(0);
    await setActive(1);
  });
});
