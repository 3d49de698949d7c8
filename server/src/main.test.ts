import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { createEmptyTestDatabase, type TestDatabase } from './database/testing/test-database.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createEmptyTestDatabase();
});
afterEach(() => database.drop());

/**
 * Runs the program as a process. @returns its exit code and what it printed as errors
 * @param onLog told what it logs
 */
function run(
  command: string,
  variables: Record<string, string> = {},
  onLog: (text: string, program: ChildProcess) => void = () => undefined,
): Promise<{ code: number; errors: string }> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const { PATH = '' } = process.env;
  const env = { PATH, ZENML_STORE_URL: database.url, ZENML_SERVER_JWT_SECRET_KEY: 'key', ...variables };
  return new Promise((resolve) => {
    const program = execFile(process.execPath, [main, command], { env }, (error, _stdout, errors) =>
      resolve({ code: error ? Number(error.code) : 0, errors }),
    );
    program.stdout?.on('data', (text: string) => onLog(text, program));
  });
}

test('migrate fills an empty database, also where starts may not, and a second time does nothing', async () => {
  expect(await run('migrate', { DISABLE_DATABASE_MIGRATION: 'true' })).toMatchObject({ code: 0 });
  const { rows } = await sql<{ count: number }>`select count(*) as count from ws_launch`.execute(database.db);
  expect(Number(rows[0]?.count)).toBe(0);
  expect(await run('migrate')).toMatchObject({ code: 0 });
});

test('migrate refuses a database that is somebody else’s, with a sentence and exit code 78', async () => {
  await sql`create table invoices (id int primary key)`.execute(database.db);
  const { code, errors } = await run('migrate');
  expect([code, errors]).toEqual([78, expect.stringMatching(/invoices|tables/)]);
});

test('serve refuses a database of a newer ZenML in the same way', async () => {
  await sql`create table alembic_version (version_num varchar(32) primary key)`.execute(database.db);
  await sql`insert into alembic_version values ('0.99.0')`.execute(database.db);
  const { code, errors } = await run('serve');
  expect([code, errors]).toEqual([78, expect.stringContaining('made for ZenML 0.99.0')]);
});

test.each([
  ['migrate', 'a refused password', () => new URL(database.url).host, /refuses the user "u" or the password/],
  ['serve', 'a port where nothing listens', () => '127.0.0.1:1', /at 127\.0\.0\.1:1: nothing listens there/],
])('%s says in a sentence that it met %s', async (command, _what, host, sentence) => {
  const { code, errors } = await run(command, { ZENML_STORE_URL: `mysql://u:wrong-password@${host()}/zenml` });
  expect([code, errors]).toEqual([1, expect.stringMatching(sentence)]);
  expect(errors).not.toContain('wrong-password');
});

test('migrate waits for a database that does not answer yet', async () => {
  const { hostname, port } = new URL(database.url);
  const late = createServer((client) => {
    const onward = connect(Number(port), hostname);
    client.pipe(onward).pipe(client);
    for (const socket of [client, onward]) socket.on('error', () => client.destroy());
  });
  const url = new URL(database.url);
  url.port = `${await freePort()}`;
  const begin = (text: string) => {
    if (text.includes('does not answer yet') && !late.listening) late.listen(Number(url.port), hostname);
  };
  try {
    expect(await run('migrate', { ZENML_STORE_URL: url.href }, begin)).toMatchObject({ code: 0 });
    expect(late.listening).toBe(true);
  } finally {
    late.close();
  }
}, 30_000);

test('serve ends on SIGTERM: not ready at once, and at work until the load balancer has noticed', async () => {
  const statuses: number[] = [];
  const stop = async (url: string, program: ChildProcess) => {
    const ask = async (path: string) => statuses.push((await fetch(`${url}${path}`)).status);
    await ask('/ready');
    program.kill('SIGTERM');
    while ((await fetch(`${url}/ready`)).ok) await sleep(10);
    for (const path of ['/ready', '/health', '/api/v1/info']) await ask(path);
  };
  let stopped: Promise<void> | undefined;
  const variables = { ZENML_WORKSPACE_PORT: '0', ZENML_WORKSPACE_DRAIN_DELAY_SECONDS: '3' };
  const { code } = await run('serve', variables, (text, program) => {
    const url = /"url":"([^"]+)","msg":"listening"/.exec(text)?.[1];
    if (url !== undefined) stopped = stop(url, program);
  });
  await stopped;
  expect([code, statuses]).toEqual([0, [200, 503, 200, 200]]);
}, 60_000);

test('serve logs the error that ends it without the values of its statement', async () => {
  const sqlText = "select * from user where password = 'hunter2'";
  const fail = `process.on('SIGUSR2', () => Promise.reject(Object.assign(new Error('lost'), { sql: ${JSON.stringify(sqlText)} })))`;
  const variables = {
    ZENML_WORKSPACE_PORT: '0',
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fail)}`,
  };
  let logged = '';
  const { code, errors } = await run('serve', variables, (text, program) => {
    logged += text;
    if (text.includes('"msg":"listening"')) program.kill('SIGUSR2');
  });
  expect([code, errors]).toEqual([1, '']);
  expect(logged).toMatch(/"level":"fatal".*"message":"lost".*password = \?/);
}, 30_000);

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

test('rotate-encryption-key says which keys it needs', async () => {
  const { code, errors } = await run('rotate-encryption-key', { ZENML_SECRETS_STORE_ENCRYPTION_KEY: 'new' });
  expect([code, errors]).toEqual([78, expect.stringContaining('ZENML_WORKSPACE_PREVIOUS_ENCRYPTION_KEY')]);
});
