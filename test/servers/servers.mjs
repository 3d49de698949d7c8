import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../tools/bootstrap/failure.mjs';
import { Companion, freePort, tail } from '../../tools/bootstrap/process.mjs';
import { ensureVirtualEnvironment } from '../../tools/bootstrap/python.mjs';
import { startTestDatabase } from '../../tools/bootstrap/test-database.mjs';
import { serverEnvironment, startServer } from '../../tools/start/server.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const startMilliseconds = 180_000;

/** Who logs in on every server that the tests start. */
export const admin = { user: 'admin', password: 'password-of-tests' };
/** Both servers sign tokens and encrypt secrets with the same keys: each reads what the other wrote. */
const keys = { jwt: '0123456789abcdef0123456789abcdef', secrets: 'fedcba9876543210fedcba9876543210' };

/** The URL of a database server: `ZENML_TEST_DATABASE_URL` where that is given, else one of our own, removed by `stop`. */
export async function databaseServer() {
  const given = process.env.ZENML_TEST_DATABASE_URL;
  if (given) return { url: given.replace(/\/$/, ''), stop: async () => {} };
  const database = await startTestDatabase();
  return { url: database.url, stop: () => database.stop() };
}

/** The folder of programs of a virtual environment with `zenml[server]==0.98.0`. */
export async function referencePrograms() {
  const given = process.env.ZENML_REFERENCE_BIN;
  if (given) return given.replace(/^~(?=\/)/, homedir());
  const environment = await ensureVirtualEnvironment('test', join(root, 'test', 'requirements.txt'));
  return environment.bin;
}

/**
 * Starts the reference server (Python, zenml[server]==0.98.0) and waits until it is healthy: some 40 s on an empty
 * database, 5 s on one that has its tables.
 */
export async function startReference({ databaseUrl, directory, environment = {}, programs }) {
  const folder = programs ?? (await referencePrograms());
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const home = join(directory, `reference-${port}`);
  mkdirSync(home, { recursive: true });
  const env = {
    ...withoutZenml(process.env),
    ZENML_CONFIG_PATH: join(home, 'config'),
    ZENML_LOCAL_STORES_PATH: join(directory, 'stores'),
    ZENML_ANALYTICS_OPT_IN: 'false',
    ZENML_SERVER: 'true',
    ZENML_STORE_TYPE: 'sql',
    ZENML_STORE_URL: databaseUrl,
    ZENML_SERVER_AUTO_ACTIVATE: 'true',
    ZENML_DEFAULT_USER_NAME: admin.user,
    ZENML_DEFAULT_USER_PASSWORD: admin.password,
    ZENML_SERVER_JWT_SECRET_KEY: keys.jwt,
    ZENML_SECRETS_STORE_TYPE: 'sql',
    ZENML_SECRETS_STORE_ENCRYPTION_KEY: keys.secrets,
    ...environmentAt(environment, url),
  };
  const args = ['zenml.zen_server.zen_server_api:app', '--host', '127.0.0.1', '--port', String(port)];
  const log = join(directory, `reference-${port}.log`);
  const server = new Companion('reference', join(folder, 'uvicorn'), [...args, '--log-level', 'warning'], {
    log,
    env,
    cwd: home,
  });
  await waitHealthy(server, url);
  return { name: 'reference', url, pid: server.pid, log, stop: () => server.stop() };
}

/** Starts this project's server and waits until it is ready. */
export async function startOurs({ databaseUrl, directory, environment = {} }) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = join(directory, `ours-${port}.log`);
  const given = serverEnvironment(
    {
      host: '127.0.0.1',
      port,
      databaseUrl,
      userName: admin.user,
      userPassword: admin.password,
      jwtSecretKey: keys.jwt,
      secretsEncryptionKey: keys.secrets,
    },
    {
      ...withoutZenml(process.env),
      ZENML_LOCAL_STORES_PATH: join(directory, 'stores'),
      ...environmentAt(environment, url),
    },
  );
  const server = await startServer({ root, url, environment: given, log });
  return { name: 'ours', url, pid: server.pid, log, stop: () => server.stop() };
}

/** A server may have to be told its own address. */
const environmentAt = (environment, url) => (typeof environment === 'function' ? environment(url) : environment);

/** What the caller's shell says to a ZenML client or server must not reach the servers under test. */
export function withoutZenml(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('ZENML_')));
}

async function waitHealthy(server, url) {
  const deadline = Date.now() + startMilliseconds;
  for (;;) {
    const answered = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return;
    const stopped = !server.running;
    if (stopped || Date.now() > deadline) {
      if (!stopped) await server.stop();
      const what = stopped ? 'ended' : 'does not get healthy';
      throw new Failure(`The reference server ${what}. The end of ${server.log}:\n${tail(server.log)}`);
    }
    await sleep(100);
  }
}
