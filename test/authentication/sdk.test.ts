import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { type ControlPlane, SERVER_SECRET, startControlPlane } from '../../server/src/testing/test-control-plane.ts';
import { databaseServer, type RunningServer, startOurs } from '../servers/servers.mjs';

const idOf = (number: number) => `11111111-1111-4111-8111-${String(number).padStart(12, '0')}`;
const script = fileURLToPath(new URL('three_steps.py', import.meta.url));
const name = `control_plane_sdk_${process.pid}`;

const directory = mkdtempSync(join(tmpdir(), 'zenml-control-plane-sdk-'));
let plane: ControlPlane;
let database: Awaited<ReturnType<typeof databaseServer>>;
let server: RunningServer;

before(async () => {
  plane = await startControlPlane();
  database = await databaseServer();
  server = await startOurs({
    databaseUrl: `${database.url}/${name}`,
    directory,
    environment: {
      ZENML_SERVER_DEPLOYMENT_TYPE: 'cloud',
      ZENML_SERVER_PRO_API_URL: plane.url,
      ZENML_SERVER_PRO_DASHBOARD_URL: 'https://plane.example.com',
      ZENML_SERVER_PRO_OAUTH2_CLIENT_SECRET: SERVER_SECRET,
      ZENML_SERVER_PRO_OAUTH2_AUDIENCE: 'audience',
      ZENML_SERVER_PRO_ORGANIZATION_ID: idOf(98),
      ZENML_SERVER_PRO_WORKSPACE_ID: idOf(99),
    },
  });
});
after(async () => {
  await server?.stop();
  const connection = await createConnection({ uri: database.url });
  await connection.query(`drop database if exists ${name}`);
  await connection.end();
  await database?.stop();
  await plane?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Runs the pipeline as a service account of the control plane, and gives what its script prints last. */
async function runPipeline(key: string): Promise<unknown> {
  const python = process.env['ZENML_TEST_PYTHON'] ?? 'python3';
  const { stdout } = await promisify(execFile)(python, [script], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: directory,
      ZENML_CONFIG_PATH: join(directory, key),
      ZENML_LOCAL_STORES_PATH: join(directory, 'stores'),
      ZENML_STORE_URL: server.url,
      ZENML_STORE_API_KEY: key,
      ZENML_PRO_API_URL: plane.url,
      ZENML_ANALYTICS_OPT_IN: 'false',
    },
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

test('a pipeline of the unmodified SDK runs under a control plane, as far as that lets it', async () => {
  plane.users.set('ZENPROKEY_full', { id: idOf(1), username: 'full', is_service_account: true });
  plane.users.set('ZENPROKEY_less', { id: idOf(2), username: 'less', is_service_account: true });
  plane.grants.set(idOf(2), new Set(['project', 'stack', 'stack_component', 'flavor'].map((type) => `read ${type}`)));
  assert.deepEqual(await runPipeline('ZENPROKEY_full'), { user: 'full', status: 'completed', result: 2, runs: 1 });
  const refused = await runPipeline('ZENPROKEY_less');
  assert.deepEqual(refused, { user: 'less', error: 'IllegalOperationError', runs: 0 });
});
