import { existsSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cachePath } from '../bootstrap/cache.mjs';
import { Failure } from '../bootstrap/failure.mjs';
import { Companion, tail } from '../bootstrap/process.mjs';
import { allocator, memoryFlags } from './memory.mjs';

const startMilliseconds = 120_000;
const largestLog = 20 * 1024 * 1024;

/**
 * The environment of a server: what the caller's environment says wins over what we generate.
 * @param {{host: string, port: number, databaseUrl: string, dashboardDirectory?: string, userName?: string,
 *   userPassword?: string, jwtSecretKey: string, secretsEncryptionKey: string}} given
 */
export function serverEnvironment(given, env = process.env) {
  const generated = {
    ZENML_SERVER_JWT_SECRET_KEY: given.jwtSecretKey,
    ZENML_SECRETS_STORE_ENCRYPTION_KEY: given.secretsEncryptionKey,
    ZENML_DEFAULT_USER_NAME: given.userName,
    ZENML_DEFAULT_USER_PASSWORD: given.userPassword,
    ZENML_WORKSPACE_DASHBOARD_DIR: given.dashboardDirectory,
  };
  const decided = {
    ZENML_STORE_URL: given.databaseUrl,
    ZENML_WORKSPACE_HOST: given.host,
    ZENML_WORKSPACE_PORT: String(given.port),
  };
  const defined = Object.fromEntries(Object.entries(generated).filter(([, value]) => value !== undefined));
  return { ...defined, ...env, ...decided };
}

/**
 * Starts the server and waits until it is ready.
 * @param {{root: string, url: string, environment: NodeJS.ProcessEnv, log: string, echoErrors?: boolean}} options
 * @returns {Promise<Companion>}
 * @throws {Failure} with the server's own exit code where it ends before it is ready, e.g. 78 for a refused database
 */
export async function startServer({ root, url, environment, log, echoErrors = false }) {
  if (existsSync(log) && statSync(log).size > largestLog) renameSync(log, `${log}.1`);
  const main = join(root, 'server', 'src', 'main.ts');
  const server = new Companion('server', process.execPath, [...memoryFlags, main], {
    log,
    cwd: root,
    // What Node makes of the sources is kept: the next start is quicker, and some 25 MB smaller.
    env: { ...allocator, NODE_COMPILE_CACHE: cachePath('compile-cache'), ...environment },
    echoErrors,
  });
  try {
    await waitReady(server, url, echoErrors);
    return server;
  } catch (error) {
    if (server.running) await server.stop();
    throw error;
  }
}

async function waitReady(server, url, shown) {
  const deadline = Date.now() + startMilliseconds;
  const seeLog = () => (shown ? `See ${server.log}` : `The end of ${server.log}:\n${tail(server.log)}`);
  while (!(await answersReady(url))) {
    if (!server.running) {
      const code = await server.exited;
      // Exit 0 before being ready is no success of a start.
      throw new Failure(`The server ended with exit code ${code}. ${seeLog()}`, code || 1);
    }
    if (Date.now() > deadline) throw new Failure(`The server does not get ready at ${url}. ${seeLog()}`);
    await sleep(50);
  }
}

async function answersReady(url) {
  try {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Whether this user may log in with this password: a database that existed before has the passwords it was given. */
export async function mayLogIn(url, userName, password) {
  const response = await fetch(`${url}/api/v1/login`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'password', username: userName, password }),
    signal: AbortSignal.timeout(10_000),
  });
  await response.arrayBuffer();
  return response.ok;
}
