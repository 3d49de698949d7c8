import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createConnection } from 'mysql2/promise';
import { harvest } from '../differential/read/harvest.ts';
import { seed } from '../differential/seed/seed.ts';
import { Session } from '../differential/session.ts';
import { HttpClient, logIn } from '../servers/http-client.ts';
import type { JsonObject } from '../servers/json.ts';
import { admin, databaseServer, type RunningServer, startOurs } from '../servers/servers.mjs';
import { fuzzedDocument } from './fuzzed-document.ts';

/** How long each phase may take, seconds. */
const SECONDS = Number(process.env['ZENML_TEST_FUZZ_SECONDS'] ?? 600);
/** Checks of an answer; what the contract allows and the server refuses is the differential suite's. */
const CHECKS = ['not_a_server_error', 'response_schema_conformance', 'content_type_conformance'];
/** Operations that end the tests' own log-in, answer for as long as they are listened to, or are probes in plain text. */
const LEFT_OUT = '/logout$|/events/stream$|^/(health|ready)$|deactivate$';

const directory = mkdtempSync(join(tmpdir(), 'zenml-fuzz-'));
const name = `fuzz_${process.pid}`;
let database: Awaited<ReturnType<typeof databaseServer>>;
let server: RunningServer;
let headers: Record<string, string>;

before(async () => {
  database = await databaseServer();
  await execute(`create database ${name}`);
  const databaseUrl = `${database.url}/${name}`;
  const environment = { ZENML_ANALYTICS_OPT_IN: 'false', ZENML_SERVER_JWT_TOKEN_EXPIRE_MINUTES: '600' };
  server = await startOurs({ databaseUrl, directory, environment });
  await seed(await Session.open([server.url], admin));
  const client = new HttpClient(server.url);
  headers = await logIn(client, admin.user, admin.password);
  const found = await harvest(client, headers, databaseUrl);
  const ids = new Map([...found].map(([path, items]) => [path, items.map(({ id }) => String(id)).slice(0, 20)]));
  const { body } = await client.send({ method: 'GET', path: '/openapi.json' });
  writeFileSync(join(directory, 'openapi.json'), JSON.stringify(fuzzedDocument(body as JsonObject, ids)));
  writeFileSync(
    join(directory, 'schemathesis.toml'),
    // 500 and 501 can be meant, as the reference's RuntimeError and what is not switched on: the log tells the others.
    '[checks.not_a_server_error]\nexpected-statuses = ["2xx", "3xx", "4xx", 500, 501]\n',
  );
  client.close();
});

after(async () => {
  await server?.stop();
  await execute(`drop database if exists ${name}`);
  await database?.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function execute(statement: string): Promise<void> {
  const connection = await createConnection(database.url);
  await connection.query(statement).finally(() => connection.end());
}

/** Lets Schemathesis make up requests, in the order of its phase. */
async function fuzz(phase: 'coverage' | 'fuzzing'): Promise<void> {
  const args = ['run', 'openapi.json', '--url', server.url, '--header', `Authorization: ${headers['authorization']}`];
  const how = ['--phases', phase, '--max-time', String(SECONDS), '--workers', '2', '--continue-on-failure'];
  const quiet = ['--warnings', 'off', '--suppress-health-check', 'all', '--no-color'];
  const program = spawn(
    join(process.env['ZENML_TEST_SCHEMATHESIS_BIN'] ?? '', 'schemathesis'),
    [...args, ...how, ...quiet, '--checks', CHECKS.join(','), '--exclude-path-regex', LEFT_OUT],
    { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  program.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  await once(program, 'close');
  const summary = output.slice(output.lastIndexOf('= SUMMARY ='));
  // An example that the fuzzer cannot make up is its own affair; a failure is a check's.
  assert.doesNotMatch(summary, /^Failures:$/m, output);
  assert.match(summary, /Test cases:\s+\d{3,} generated/, output);
}

/** Errors that nobody foresaw. */
const unexpectedErrors = () =>
  readFileSync(server.log, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"unexpected error"'));

for (const phase of ['coverage', 'fuzzing'] as const) {
  test(`requests of the phase ${phase} are answered as the contract says, and none with an unforeseen error`, async () => {
    await fuzz(phase);
    assert.deepEqual(unexpectedErrors(), []);
  });
}
