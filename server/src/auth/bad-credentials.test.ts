import { createHmac, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { fromDatabaseId, newId, toDatabaseId } from '../database/ids.ts';
import { instantAfter, now } from '../database/instants.ts';
import { queueLaunches } from '../testing/queued-launches.ts';
import { bearer, logIn, sendForm, setPassword } from '../testing/test-accounts.ts';
import { insertUser, startTestServer, TEST_KEY, type TestServer } from '../testing/test-server.ts';
import { createTokens, type TokenClaims } from './tokens.ts';

let server: TestServer;
let serverId: string;

beforeAll(async () => {
  server = await startTestServer({ authenticateWith: {} });
  await setPassword(server, server.userId, 'secret');
  const { id } = await server.database.db.selectFrom('server_settings').select('id').executeTakeFirstOrThrow();
  serverId = fromDatabaseId(id);
});

afterAll(() => server.stop());

const currentUser = (headers: Record<string, string>) => server.call('GET', '/current-user', undefined, headers);
const seconds = () => Math.floor(Date.now() / 1000);
const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A token as anybody can write it. */
function forge(claims: Record<string, unknown>, { alg = 'HS256', key = TEST_KEY } = {}): string {
  const content = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`;
  const hash = { HS256: 'sha256', HS384: 'sha384' }[alg];
  return `${content}.${hash ? createHmac(hash, key).update(content).digest('base64url') : ''}`;
}

/** Claims that are in order. */
const claims = () => ({ sub: server.userId, iss: serverId, aud: serverId, iat: seconds() });

/** A token of the server's own, bound to something. */
function sign(bound: Partial<TokenClaims>): Promise<string> {
  const settings = { secretKey: TEST_KEY, issuer: serverId, audience: serverId, leewaySeconds: 10 };
  return createTokens({ ...settings, algorithm: 'HS256' }).sign({ userId: server.userId, ...bound });
}

async function refused(headers: Record<string, string>, reason: string) {
  const answer = await currentUser(headers);
  expect(answer.body['detail']).toEqual(['CredentialsNotValid', expect.stringContaining(reason)]);
  expect(answer.status).toBe(401);
}

describe('a token', () => {
  test('with the claims that the reference writes is taken', async () => {
    const token = forge({ ...claims(), iat: Date.now() / 1000, exp: seconds() + 60 });
    expect(await currentUser(bearer(token))).toMatchObject({ status: 200, body: { name: 'tester' } });
  });

  test.each<[string, () => string, string]>([
    ['of the algorithm none', () => forge(claims(), { alg: 'none' }), 'The specified alg value is not allowed'],
    ['of another algorithm', () => forge(claims(), { alg: 'HS384' }), 'The specified alg value is not allowed'],
    ['of another key', () => forge(claims(), { key: 'another key' }), 'Signature verification failed'],
    ['that was changed', () => forge(claims()).replace(/\.[^.]+\./, `.${encode({ sub: randomUUID() })}.`), 'Signature'],
    ['that is none', () => 'nonsense', 'Not enough segments'],
    ['that has expired', () => forge({ ...claims(), exp: seconds() - 60 }), 'Signature has expired'],
    ['of the future', () => forge({ ...claims(), iat: seconds() + 60 }), 'not yet valid (iat)'],
    ['of another server', () => forge({ ...claims(), iss: randomUUID() }), 'Invalid issuer'],
    ['for another server', () => forge({ ...claims(), aud: randomUUID() }), "Audience doesn't match"],
    ['for nobody in particular', () => forge({ ...claims(), aud: undefined }), 'missing the "aud" claim'],
    ['without a user', () => forge({ ...claims(), sub: undefined }), 'the subject claim is missing'],
    ['whose user is no id', () => forge({ ...claims(), sub: 'tester' }), 'not a valid UUID'],
    ['of a user that is not there', () => forge({ ...claims(), sub: randomUUID() }), 'error retrieving token account'],
  ])('%s is refused', (_which, token, reason) => refused(bearer(token()), reason));

  test('is good until a leeway after its end', async () => {
    expect((await currentUser(bearer(forge({ ...claims(), exp: seconds() - 5 })))).status).toBe(200);
  });

  test('ends when the user is deactivated, and when the password changes', async () => {
    const name = 'leaving';
    const id = fromDatabaseId(await insertUser(server.database, name));
    await setPassword(server, id, 'secret');
    const admin = bearer(await logIn(server, { username: 'tester', password: 'secret' }));
    const own = bearer(await logIn(server, { username: name, password: 'secret' }));
    expect((await currentUser(own)).status).toBe(200);

    const changed = { password: 'another', old_password: 'secret' };
    expect((await server.call('PUT', '/current-user', changed, own)).status).toBe(200);
    await server.database.db
      .updateTable('user')
      .set({ password_changed_at: instantAfter(2) })
      .where('id', '=', toDatabaseId(id))
      .execute();
    await refused(own, 'issued before');
    await server.database.db
      .updateTable('user')
      .set({ password_changed_at: '2020-01-01 00:00:00' })
      .where('id', '=', toDatabaseId(id))
      .execute();

    const again = bearer(await logIn(server, { username: name, password: 'another' }));
    const deactivated = await server.call<{ body: { activation_token: string } }>(
      'PUT',
      `/users/${name}/deactivate`,
      undefined,
      admin,
    );
    expect(deactivated.status).toBe(200);
    await refused(again, 'is not active');
    const form = { username: name, password: 'another' };
    expect(await sendForm(server, '/login', form)).toMatchObject({
      status: 401,
      body: { detail: ['CredentialsNotValid', `Authentication error: user ${name} is not active`] },
    });

    const activate = (activation_token: string) =>
      server.call('PUT', `/users/${name}/activate`, { password: 'third', activation_token });
    expect((await activate('wrong')).status).toBe(401);
    expect((await activate(deactivated.body.body.activation_token)).status).toBe(200);
    expect((await activate(deactivated.body.body.activation_token)).status).toBe(401);
    await logIn(server, { username: name, password: 'third' });
  });
});

test('who is calling costs one statement', async () => {
  const token = bearer(await sign({}));
  server.database.takeStatements();
  await currentUser(token);
  const identity = server.database.takeStatements().filter(({ sql }) => sql.includes('`password_changed_at`'));
  expect(identity).toHaveLength(1);
});

describe('a token that is bound', () => {
  test('to a run ends some time after the run', async () => {
    const runId = newId();
    await insertRun(runId);
    const token = bearer(await sign({ pipelineRunId: fromDatabaseId(runId) }));
    expect((await currentUser(token)).status).toBe(200);
    const end = (end_time: string) => sql`update pipeline_run set in_progress = 0, end_time = ${end_time}`;
    await end(now()).execute(server.database.db);
    expect((await currentUser(bearer(await sign({ pipelineRunId: fromDatabaseId(runId) })))).status).toBe(200);
    await end(instantAfter(-4000)).execute(server.database.db);
    await refused(bearer(await sign({ pipelineRunId: fromDatabaseId(runId), issuedAt: seconds() })), 'has finished');
  });

  test.each<[string, Partial<TokenClaims>]>([
    ['run', { pipelineRunId: randomUUID() }],
    ['schedule', { scheduleId: randomUUID() }],
    ['deployment', { deploymentId: randomUUID() }],
    ['device', { deviceId: randomUUID() }],
    ['API key', { apiKeyId: randomUUID() }],
  ])('to a %s that is not there is refused', async (_what, bound) => {
    await refused(bearer(await sign(bound)), 'error');
  });

  test('to a runner ends with it, and gets tokens of the run for the orchestrator until then', async () => {
    const { db } = server.database;
    const runId = newId();
    await insertRun(runId);
    await queueLaunches(db, '', 1);
    const pipelineRunId = fromDatabaseId(runId);
    const { rows } = await sql<{ id: string }>`select id from ws_launch`.execute(db);
    const token = bearer(await sign({ pipelineRunId, launchId: fromDatabaseId(rows[0]?.id ?? '') }));
    const ask = (query: string) => server.call('GET', `/api_token?${query}`, undefined, token);
    const queries = ['', `token_type=workload&pipeline_run_id=${pipelineRunId}`];
    const ofRun = await Promise.all(queries.map(async (query) => bearer(String((await ask(query)).body))));
    await sql`update ws_launch set status = 'launched'`.execute(db);
    for (const good of [token, ...ofRun]) expect((await currentUser(good)).status).toBe(200);
    await sql`update ws_launch set status = 'over'`.execute(db);
    await refused(token, `runner of pipeline run ${pipelineRunId} has ended`);
    for (const good of ofRun) expect((await currentUser(good)).status).toBe(200);
    await sql`delete from ws_launch`.execute(db);
    await refused(token, 'has ended');
  });

  test('is not exchanged for one that is not', async () => {
    const runId = newId();
    await insertRun(runId);
    const scoped = bearer(await sign({ pipelineRunId: fromDatabaseId(runId) }));
    const { status, body } = await server.call('GET', '/api_token', undefined, scoped);
    expect(status).toBe(200);
    await sql`update pipeline_run set in_progress = 0, end_time = '2020-01-01'`.execute(server.database.db);
    await refused(bearer(String(body)), 'has finished');
  });
});

describe('/api_token', () => {
  const ask = async (query: string) => {
    const own = bearer(await logIn(server, { username: 'tester', password: 'secret' }));
    return server.call('GET', `/api_token?${query}`, undefined, own);
  };

  test.each([
    ['expires_in=99999999', 400],
    [`pipeline_run_id=${randomUUID()}`, 400],
    ['token_type=workload', 400],
    [`token_type=workload&pipeline_run_id=${randomUUID()}`, 400],
    [`token_type=workload&schedule_id=${randomUUID()}`, 400],
    ['token_type=unknown', 422],
  ])('%s is refused', async (query, status) => {
    expect((await ask(query)).status).toBe(status);
  });

  test('a token of a run that has ended, or of a schedule that is not active, is not made', async () => {
    const [running, ended] = [newId(), newId()];
    await Promise.all([insertRun(running), insertRun(ended)]);
    await sql`update pipeline_run set in_progress = 0 where id = ${ended}`.execute(server.database.db);
    const schedule = await insertSchedule();
    const workload = (name: string, id: string) => ask(`token_type=workload&${name}=${fromDatabaseId(id)}`);
    const bound = [await workload('pipeline_run_id', running), await workload('schedule_id', schedule)];
    for (const { body } of bound) expect((await currentUser(bearer(String(body)))).status).toBe(200);
    const concluded = await workload('pipeline_run_id', ended);
    expect(concluded).toMatchObject({
      status: 400,
      body: { detail: ['ValueError', expect.stringContaining('has already concluded')] },
    });

    await sql`update schedule set active = 0`.execute(server.database.db);
    expect(await workload('schedule_id', schedule)).toMatchObject({
      status: 400,
      body: { detail: ['ValueError', expect.stringContaining('is not active')] },
    });
    const afterwards = bearer(await sign({ scheduleId: fromDatabaseId(schedule), issuedAt: seconds() }));
    await refused(afterwards, 'is not active');
  });

  test('a token of a run is made for its children too, and for no other run', async () => {
    const [root, child, other] = [newId(), newId(), newId()];
    await Promise.all([root, child, other].map(insertRun));
    await sql`update pipeline_run set root_run_id = ${root} where id = ${child}`.execute(server.database.db);
    const own = bearer(await sign({ pipelineRunId: fromDatabaseId(root) }));
    const forRun = (id: string) =>
      server.call('GET', `/api_token?token_type=workload&pipeline_run_id=${fromDatabaseId(id)}`, undefined, own);
    expect([(await forRun(root)).status, (await forRun(child)).status]).toEqual([200, 200]);
    const scoped = ['AuthorizationException', expect.stringContaining(`already scoped to pipeline run`)];
    expect(await forRun(other)).toMatchObject({ status: 401, body: { detail: scoped } });
  });

  test('a token of less than no time is none of all time', async () => {
    const { status, body } = await ask('expires_in=-60');
    expect(status).toBe(200);
    await refused(bearer(String(body)), 'Signature has expired');
  });
});

describe('a request', () => {
  test('without credentials is told to bring some', async () => {
    for (const headers of [{}, { Authorization: 'Basic dGVzdGVyOnNlY3JldA==' }]) {
      const answer = await currentUser(headers as Record<string, string>);
      expect(answer).toMatchObject({ status: 401, body: { detail: 'Not authenticated' } });
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer');
    }
  });
});

async function insertRun(id: string): Promise<void> {
  const created = now();
  const run = { id, created, updated: created, name: id, project_id: toDatabaseId(server.projectId) };
  await server.database.db
    .insertInto('pipeline_run')
    .values({ ...run, status: 'running', in_progress: 1, index: 1, enable_heartbeat: 0 })
    .execute();
}

async function insertSchedule(): Promise<string> {
  const id = newId();
  const created = now();
  const flags = { active: 1, catchup: 0, is_archived: 0 };
  const schedule = { id, created, updated: created, name: id, project_id: toDatabaseId(server.projectId), ...flags };
  await server.database.db.insertInto('schedule').values(schedule).execute();
  return id;
}
