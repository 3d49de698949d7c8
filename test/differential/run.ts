/**
 * Holds this project's server against the reference: the same writes to both leave the same answers and rows, and both
 * read the same from one database, whichever of them has made it; both know the same variables and show the same OpenAPI
 * document. Prints what differs, grouped by operation.
 *
 *   node test/differential/run.ts [--long] [--report FILE.json] [--text FILE.md] [--only read|write] [--self]
 *
 * `--self` compares the reference with itself, which must find nothing: a check of this program.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { HttpClient, logIn } from '../servers/http-client.ts';
import { admin, databaseServer, type RunningServer, startOurs, startReference } from '../servers/servers.mjs';
import { compareInterfaces } from './interface/interface.ts';
import { harvest } from './read/harvest.ts';
import { compareReads } from './read/read.ts';
import { readRequests } from './read/requests.ts';
import { Report } from './report.ts';
import { makeOlder } from './seed/older-rows.ts';
import { readStructure } from './structure.ts';
import { compareWrites } from './write/write.ts';

const { values: options } = parseArgs({
  options: {
    long: { type: 'boolean', default: process.env['ZENML_TEST_LONG'] === '1' },
    report: { type: 'string' },
    text: { type: 'string' },
    only: { type: 'string' },
    self: { type: 'boolean', default: false },
  },
});
const reads = { minutes: options.long ? 60 : 2.2, share: 0.5 };
/** Of the database that ours has made and written: what the reference reads of it, it reads of its own, too. */
const ownReads = { minutes: options.long ? 10 : 0.5, share: 0.15 };
/** What clients are told, the same of both servers, although each listens somewhere else. */
const environment = { ZENML_SERVER_SERVER_URL: 'http://zenml.example.com', ZENML_ANALYTICS_OPT_IN: 'false' };

const report = new Report();
const directory = mkdtempSync(join(tmpdir(), 'zenml-differential-'));
const database = await databaseServer();
const names = { reference: `differential_reference_${process.pid}`, ours: `differential_ours_${process.pid}` };
const running: RunningServer[] = [];
const started = Date.now();

try {
  await execute(`CREATE DATABASE ${names.reference}`, `CREATE DATABASE ${names.ours}`);
  const start = options.self ? startReference : startOurs;
  const referenceUrl = `${database.url}/${names.reference}`;
  const ownUrl = `${database.url}/${names.ours}`;
  say('starting both servers on empty databases');
  const [reference, ours] = await Promise.all([
    keep(startReference({ databaseUrl: referenceUrl, directory, environment })),
    keep(start({ databaseUrl: ownUrl, directory, environment })),
  ]);
  const interfaces = options.self ? undefined : compareInterfaces(ours.url, directory, report);
  // Awaited at the end: it keeps a core busy for some seconds, and the writes wait for the reference for most of theirs.
  interfaces?.catch(() => undefined);
  say('writing the same to both');
  const read = async () => {
    await Promise.all([referenceUrl, ownUrl].map(makeOlder));
    if (options.only === 'write') return;
    say('reading the reference’s database with both');
    const reader = await keep(start({ databaseUrl: referenceUrl, directory, environment }));
    await compareAllReads(reference, reader, referenceUrl, reads);
    await reader.stop();
    say('going on writing');
  };
  const left = { url: reference.url, databaseUrl: referenceUrl };
  await compareWrites(left, { url: ours.url, databaseUrl: ownUrl }, admin, report, started, read);
  if (options.only !== 'write') {
    say('starting the reference on the database that ours has made, and reading that with both');
    const before = await readStructure(ownUrl);
    const guest = await keep(startReference({ databaseUrl: ownUrl, directory, environment }));
    await compareAllReads(guest, ours, ownUrl, ownReads);
    const after = await readStructure(ownUrl);
    const changed = [...before, ...after].filter((fact) => !before.has(fact) || !after.has(fact));
    const guestStart = { part: 'start', operation: 'start', request: 'of the reference on a database of ours' };
    if (changed.length > 0) report.fail(guestStart, changed);
    else report.add(guestStart, { kind: 'alike' });
  }
  await interfaces;
} finally {
  await Promise.allSettled(running.map((server) => server.stop()));
  await execute(`DROP DATABASE IF EXISTS ${names.reference}`, `DROP DATABASE IF EXISTS ${names.ours}`);
  await database.stop();
  rmSync(directory, { recursive: true, force: true });
}

console.log(report.text());
if (options.text) writeFileSync(options.text, `${report.text()}\n`);
if (options.report) report.writeJson(options.report);
console.log(JSON.stringify({ passed: report.passed, failed: report.failures.length }));
process.exit(report.failures.length === 0 ? 0 : 1);

async function compareAllReads(
  reference: RunningServer,
  ours: RunningServer,
  databaseUrl: string,
  { minutes, share }: { minutes: number; share: number },
): Promise<void> {
  const readers = await Promise.all(
    [reference, ours].map(async ({ url }) => {
      const client = new HttpClient(url);
      return { client, headers: await logIn(client, admin.user, admin.password) };
    }),
  );
  const [first, second] = readers;
  if (first === undefined || second === undefined) return;
  const found = await harvest(first.client, first.headers, databaseUrl);
  const lists = ['pipelines', 'runs', 'artifact_versions'];
  const empty = lists.filter((name) => !found.get(`/api/v1/${name}`)?.length);
  if (empty.length > 0) report.fail({ part: 'read', operation: 'lists', request: 'that show nothing' }, empty);
  const paths = readRequests(found, options.long);
  await compareReads(paths, first, second, report, Date.now() + minutes * 60_000, share);
}

async function keep(starting: Promise<RunningServer>): Promise<RunningServer> {
  const server = await starting;
  running.push(server);
  return server;
}

async function execute(...statements: string[]): Promise<void> {
  const connection = await createConnection(database.url);
  for (const statement of statements) await connection.query(statement);
  await connection.end();
}

function say(text: string): void {
  console.log(`${((Date.now() - started) / 1000).toFixed(0)} s: ${text}`);
}
