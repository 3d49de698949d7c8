import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { createFixture, writeRun } from '../../bench/life-cycle.ts';
import { residentMegabytes } from '../../bench/measure.ts';
import { type Api, connect } from '../servers/api.ts';
import { databaseServer, type RunningServer, startOurs } from '../servers/servers.mjs';

const CLIENTS = 8;
/** Runs written in a round; each is 13 requests, and is read in four ways. */
const RUNS = 500;
/** The first rounds fill caches, pools and the heap up to its limits. */
const WARM_UP = 4;
const ROUNDS = 10;
/** What the heap's own ups and downs come to, megabytes. */
const NOISE = 20;

const directory = mkdtempSync(join(tmpdir(), 'zenml-growth-'));
const name = `growth_${process.pid}`;
let database: Awaited<ReturnType<typeof databaseServer>>;
let server: RunningServer;
let api: Api;

before(async () => {
  database = await databaseServer();
  await query(`create database ${name}`);
  server = await startOurs({ databaseUrl: `${database.url}/${name}`, directory });
  api = await connect(server.url, CLIENTS, JSON.parse);
});

after(async () => {
  api?.close();
  await server?.stop();
  await query(`drop database if exists ${name}`);
  await database?.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function query(statement: string): Promise<RowDataPacket[]> {
  const connection = await createConnection(database.url);
  try {
    return (await connection.query<RowDataPacket[]>(statement))[0];
  } finally {
    await connection.end();
  }
}

test(`a server that has written and read ${ROUNDS * RUNS} runs holds no more memory than after ${WARM_UP * RUNS}`, async () => {
  const fixture = await createFixture(api);
  let left = 0;
  const client = async () => {
    while (left-- > 0) {
      const id = await writeRun(api, fixture);
      for (const path of [`/runs/${id}`, `/runs/${id}/dag`, '/runs?hydrate=true', `/steps?pipeline_run_id=${id}`])
        await api.getText(path);
    }
  };
  const held: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    left = RUNS;
    await Promise.all(Array.from({ length: CLIENTS }, client));
    const megabytes = residentMegabytes(server.pid);
    assert.ok(megabytes, 'the system tells what memory a process holds');
    held.push(Math.round(megabytes));
    console.log(`${round * RUNS} runs: ${held.at(-1)} MB`);
  }
  const [warm, rest] = [held.slice(0, WARM_UP), held.slice(WARM_UP)];
  assert.ok(Math.max(...rest) <= Math.max(...warm) + NOISE, `after ${RUNS} runs each, MB: ${held.join(', ')}`);

  const [runs] = await query(`select count(*) as count from ${name}.pipeline_run`);
  assert.equal(Number(runs?.['count']), ROUNDS * RUNS);
});
