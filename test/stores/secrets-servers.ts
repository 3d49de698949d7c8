import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { admin, databaseServer, type RunningServer, startOurs, startReference } from '../servers/servers.mjs';

/** An answer of a server. */
export interface Answer {
  readonly status: number;
  // The tests look into answers, and say in `deepEqual` what must be there.
  readonly body: Record<string, unknown>;
}

/** Calls a server's API as its administrator. */
export type Call = (method: string, path: string, body?: unknown) => Promise<Answer>;

/** Servers on one database. */
export interface Servers {
  readonly databaseUrl: string;
  readonly startReference: (environment: Record<string, string>) => Promise<Call>;
  readonly startOurs: (environment: Record<string, string>) => Promise<Call>;
  readonly query: <Row>(statement: string) => Promise<Row[]>;
  readonly stop: () => Promise<void>;
}

/** Makes a database, on which servers can be started. */
export async function prepareServers(name: string): Promise<Servers> {
  const directory = mkdtempSync(join(tmpdir(), `zenml-${name}-`));
  const server = await databaseServer();
  const database = `${name}_${process.pid}`;
  const databaseUrl = `${server.url}/${database}`;
  await execute(server.url, `create database ${database}`);
  const running: RunningServer[] = [];
  const start = (startServer: typeof startOurs) => async (environment: Record<string, string>) => {
    const started = await startServer({ databaseUrl, directory, environment });
    running.push(started);
    return callerOf(started.url);
  };
  return {
    databaseUrl,
    startReference: start(startReference),
    startOurs: start(startOurs),
    query: (statement) => execute(databaseUrl, statement),
    async stop() {
      await Promise.allSettled(running.map((one) => one.stop()));
      await execute(server.url, `drop database if exists ${database}`);
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function execute<Row>(url: string, statement: string): Promise<Row[]> {
  const connection = await createConnection({ uri: url });
  try {
    return (await connection.query(statement))[0] as Row[];
  } finally {
    await connection.end();
  }
}

async function callerOf(url: string): Promise<Call> {
  const form = new URLSearchParams({ username: admin.user, password: admin.password });
  const answer = await fetch(`${url}/api/v1/login`, { method: 'POST', body: form });
  const { access_token } = (await answer.json()) as { access_token: string };
  const headers = { Authorization: `Bearer ${access_token}`, 'Content-Type': 'application/json' };
  return async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  };
}
