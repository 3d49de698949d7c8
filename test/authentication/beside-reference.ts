import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { type ControlPlane, startControlPlane } from '../../server/src/testing/test-control-plane.ts';
import { type Answer, HttpClient } from '../servers/http-client.ts';
import { databaseServer, type RunningServer, startOurs, startReference } from '../servers/servers.mjs';

/** The reference and this server, each on a database of its own, under one control plane. */
export interface Pair {
  readonly plane: ControlPlane;
  readonly parties: readonly [Party, Party];
  stop(): Promise<void>;
}

/** One of both servers. */
export interface Party {
  readonly name: string;
  readonly client: HttpClient;
  query<Row = Record<string, unknown>>(statement: string): Promise<Row[]>;
}

/** Starts both. @param variables of both servers, given the control plane's address */
export async function startPair(variables: (planeUrl: string) => Record<string, string>): Promise<Pair> {
  const directory = mkdtempSync(join(tmpdir(), 'zenml-control-plane-'));
  const plane = await startControlPlane();
  const database = await databaseServer();
  const environment = { ZENML_SERVER_SERVER_URL: 'http://zenml.example.com', ...variables(plane.url) };
  const running: RunningServer[] = [];
  const databases: string[] = [];
  const start = async (name: string, startServer: typeof startOurs): Promise<Party> => {
    const databaseName = `control_plane_${name}_${process.pid}`;
    const databaseUrl = `${database.url}/${databaseName}`;
    await execute(database.url, `create database ${databaseName}`);
    databases.push(databaseName);
    const server = await startServer({ databaseUrl, directory, environment });
    running.push(server);
    return { name, client: new HttpClient(server.url), query: (statement) => execute(databaseUrl, statement) };
  };
  const stop = async () => {
    await Promise.allSettled(running.map((server) => server.stop()));
    for (const name of databases) await execute(database.url, `drop database if exists ${name}`);
    await database.stop();
    await plane.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const parties = await Promise.all([start('reference', startReference), start('ours', startOurs)]);
    return {
      plane,
      parties,
      async stop() {
        for (const { client } of parties) client.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function execute<Row>(url: string, statement: string): Promise<Row[]> {
  const connection = await createConnection({ uri: url, dateStrings: true });
  try {
    return (await connection.query(statement))[0] as Row[];
  } finally {
    await connection.end();
  }
}

/** Sends a form to log in with. */
export function logIn(
  { client }: Party,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams({ client_id: '', ...form }).toString();
  return client.send({ method: 'POST', path: '/api/v1/login', headers: { ...type, ...headers }, body });
}

/** An answer without what each server makes itself: tokens, ids of its own, times. */
export function comparable(answer: Answer, sameIds: readonly string[] = []): unknown {
  const text = JSON.stringify(answer)
    .replace(/"ey[\w-]+\.[\w-]+\.[\w-]+"/g, '"<token>"')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => (sameIds.includes(id) ? id : '<id>'))
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?/g, '<time>');
  // This server leaves out the texts of connector types.
  return JSON.parse(text, (key, value) => (key === 'connector_type' && value?.name ? value.name : value));
}
