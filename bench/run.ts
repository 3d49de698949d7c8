/**
 * Measures this server beside the reference on one database in one run; the ratios count, the machines are noisy. It ends with exit code 1
 * where a goal of goals.ts is missed.
 *
 *   npm run bench -- [--runs 1000] [--seconds 5] [--clients 8] [--markdown FILE]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { type Api, connect } from '../test/servers/api.ts';
import { HttpClient } from '../test/servers/http-client.ts';
import { databaseServer, type RunningServer, startOurs, startReference } from '../test/servers/servers.mjs';
import { startBare } from './bare.ts';
import { missedGoals } from './goals.ts';
import { createFixture, writeRun } from './life-cycle.ts';
import { geometricMean, ratePerSecond, residentMegabytes } from './measure.ts';
import { type Scenario, scenarios } from './scenarios.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '5' },
    clients: { type: 'string', default: '8' },
    markdown: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const clients = Number(values.clients);
/** Beyond which memory is measured, as in a burst of a pipeline's pods. */
const BURST_CLIENTS = 32;

interface Row {
  readonly name: string;
  readonly reference: number;
  readonly ours: number;
}

const directory = mkdtempSync(join(tmpdir(), 'zenml-bench-'));
const server = await databaseServer();
const name = `bench_${process.pid}`;
const databaseUrl = `${server.url}/${name}`;
const running: RunningServer[] = [];
const lines: string[] = [];
const different: string[] = [];

try {
  await execute(`CREATE DATABASE ${name}`);
  const first = await keep(startOurs({ databaseUrl, directory }));
  const api = await connect(first.url, clients);
  const fixture = await createFixture(api);
  progress(`writing ${values.runs} runs of 3 steps`);
  const runIds = await writeRuns(api, Number(values.runs), () => writeRun(api, fixture));
  api.close();
  await first.stop();

  progress('starting both servers on that database');
  const reference = await keep(startReference({ databaseUrl, directory }));
  const started = performance.now();
  const ours = await keep(startOurs({ databaseUrl, directory }));
  const startSeconds = (performance.now() - started) / 1000;

  const rows = await measureAll(reference, ours, scenarios(fixture, runIds[0] ?? ''));
  printTable(rows);
  const ratios = rows.map((row) => row.ours / row.reference);
  print(`geometric mean ${geometricMean(ratios).toFixed(1)} times, least ${Math.min(...ratios).toFixed(1)} times`);
  const percentSlower = await measureBare(ours, fixture.project);
  const residentMegabytes = await measureMemory(reference, ours);
  print(`first healthy answer on this database ${startSeconds.toFixed(2)} s after the start`);
  const missed = missedGoals({ ratios, percentSlower, residentMegabytes, startSeconds, different });
  for (const goal of missed) progress(`Missed: ${goal}`);
  process.exitCode = missed.length > 0 ? 1 : 0;
} finally {
  await Promise.allSettled(running.map((each) => each.stop()));
  await execute(`DROP DATABASE IF EXISTS ${name}`);
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}
if (values.markdown) writeFileSync(values.markdown, `${lines.join('\n')}\n`);
process.exit();

async function measureAll(reference: RunningServer, ours: RunningServer, all: readonly Scenario[]): Promise<Row[]> {
  const rows: Row[] = [];
  const apis = [
    await connect(reference.url, clients, JSON.parse),
    await connect(ours.url, clients, JSON.parse),
  ] as const;
  for (const scenario of all) {
    await checkSame(scenario, apis);
    const rates: [number[], number[]] = [[], []];
    // By turns, so that a noisy minute hits both.
    for (let round = 0; round < 2; round++) {
      for (const side of [0, 1] as const) {
        rates[side].push(await ratePerSecond(() => scenario.run(apis[side]), clients, seconds / 2));
      }
    }
    const row = { name: scenario.name, reference: mean(rates[0]), ours: mean(rates[1]) };
    progress(`${row.name}: ${row.reference.toFixed(1)}/s, ${row.ours.toFixed(1)}/s`);
    rows.push(row);
  }
  for (const api of apis) api.close();
  return rows;
}

/** A fast wrong answer is worth nothing. */
async function checkSame({ name: scenario, same }: Scenario, [left, right]: readonly [Api, Api]): Promise<void> {
  if (same === undefined || isDeepStrictEqual(await left.get(same), await right.get(same))) return;
  different.push(scenario);
}

async function measureBare(ours: RunningServer, project: string): Promise<number> {
  const bare = await startBare(databaseUrl, project);
  const api = await connect(ours.url, clients);
  const client = new HttpClient(bare.url, clients);
  const list = () => api.getText('/runs');
  const same = () => client.sendText({ method: 'GET', path: '/' });
  const rates: [number[], number[]] = [[], []];
  for (let round = 0; round < 2; round++) {
    rates[0].push(await ratePerSecond(same, clients, seconds / 2));
    rates[1].push(await ratePerSecond(list, clients, seconds / 2));
  }
  const [limit, own] = [mean(rates[0]), mean(rates[1])];
  const slower = Math.round((1 - own / limit) * 100);
  print(`list runs ${own.toFixed(0)}/s; a bare handler with the same SQL ${limit.toFixed(0)}/s: ${slower}% slower`);
  api.close();
  client.close();
  bare.stop();
  return slower;
}

async function measureMemory(reference: RunningServer, ours: RunningServer): Promise<number | undefined> {
  const api = await connect(ours.url, BURST_CLIENTS);
  await ratePerSecond(() => api.getText('/runs?hydrate=true'), BURST_CLIENTS, seconds);
  const [own, other] = [residentMegabytes(ours.pid), residentMegabytes(reference.pid)];
  print(
    `resident memory under ${BURST_CLIENTS} clients ${own?.toFixed(0)} MB; the reference's ${other?.toFixed(0)} MB`,
  );
  api.close();
  return own;
}

async function writeRuns(api: Api, count: number, write: () => Promise<string>): Promise<string[]> {
  const ids: string[] = [];
  const writer = async () => {
    while (ids.length < count) ids.push(await write());
  };
  await Promise.all(Array.from({ length: clients }, writer));
  await api.get('/runs?size=1');
  return ids;
}

function printTable(rows: readonly Row[]): void {
  const [cpu] = cpus();
  print(
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}; ${values.runs} runs of 3 steps, ${clients} clients`,
  );
  print('');
  print('| | reference /s | ours /s | times |');
  print('|---|--:|--:|--:|');
  for (const { name: scenario, reference, ours } of rows) {
    print(`| ${scenario} | ${reference.toFixed(1)} | ${ours.toFixed(1)} | ${(ours / reference).toFixed(1)} |`);
  }
  print('');
}

function mean(list: readonly number[]): number {
  return list.reduce((sum, value) => sum + value, 0) / list.length;
}

async function keep(starting: Promise<RunningServer>): Promise<RunningServer> {
  const started = await starting;
  running.push(started);
  return started;
}

async function execute(statement: string): Promise<void> {
  const connection = await createConnection(server.url);
  await connection.query(statement);
  await connection.end();
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

function print(text: string): void {
  lines.push(text);
  process.stdout.write(`${text}\n`);
}
