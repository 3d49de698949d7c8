import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { toDatabaseId } from '../../server/src/database/ids.ts';
import type { TestDatabase } from '../../server/src/database/testing/test-database.ts';
import type { WorkloadLogLine } from '../../server/src/workloads/manager.ts';
import { allocator, memoryFlags } from '../../tools/start/memory.mjs';
import type { FollowerOptions } from './follower.ts';

/** How far a log is kept. */
export interface KeptLog {
  readonly parts: number;
  readonly status: string;
  readonly gap: string | null;
  readonly outage_since: string | null;
}

/** @param runId API form */
export async function keptLog({ db }: TestDatabase, runId: string): Promise<KeptLog> {
  const { rows } = await sql<KeptLog>`select parts, status, gap, outage_since from ws_log_archive
    where run_id = ${toDatabaseId(runId)}`.execute(db);
  const [row] = rows;
  if (!row) throw new Error(`Nothing is known of the log of ${runId}.`);
  return row;
}

/** Waits until a log is kept as far as that. */
export async function untilKept(
  database: TestDatabase,
  runId: string,
  isSo: (log: KeptLog) => boolean = ({ status }) => status === 'complete',
): Promise<KeptLog> {
  for (let tries = 0; tries < 900; tries++) {
    const log = await keptLog(database, runId);
    if (isSo(log)) return log;
    await sleep(100);
  }
  throw new Error(`not within 90 s: ${isSo}`);
}

/** Starts a process that keeps logs, as a replica does, and with a replica's memory. */
export function startFollower(options: FollowerOptions): ChildProcess {
  const script = fileURLToPath(new URL('./follower.ts', import.meta.url));
  return spawn(process.execPath, [...memoryFlags, script, JSON.stringify(options)], {
    env: { ...process.env, ...allocator },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Waits until one looks for logs that nobody follows. */
export async function untilReady(follower: ChildProcess): Promise<void> {
  await once(outputOf(follower), 'data');
}

/** Ends one as a server is ended. @returns by how much its memory has grown, bytes */
export async function stopFollower(follower: ChildProcess): Promise<number> {
  follower.kill('SIGTERM');
  const lines = (await text(outputOf(follower))).trimEnd().split('\n');
  const { grownBytes } = JSON.parse(lines.at(-1) ?? '') as { grownBytes: number };
  return grownBytes;
}

function outputOf({ stdout }: ChildProcess): Readable {
  if (!stdout) throw new Error('It has no output.');
  return stdout;
}

/** Lets replicas follow a log and kills them, twice, while it is written. */
export async function killTwoFollowers(database: TestDatabase, runId: string, options: FollowerOptions): Promise<void> {
  for (let kills = 0; kills < 2; kills++) {
    const { parts } = await keptLog(database, runId);
    const follower = startFollower(options);
    await untilKept(database, runId, (log) => log.parts > parts + 1);
    follower.kill('SIGKILL');
    await once(follower, 'exit');
  }
}

/** How many lines there are, which must be 1, 2, 3, … */
export async function countNumbered(lines: AsyncIterable<WorkloadLogLine>): Promise<number> {
  let count = 0;
  let before = '';
  for await (const { message, cursor } of lines) {
    count += 1;
    if (message !== String(count)) throw new Error(`Line ${count} is ${message} at ${cursor}, after ${before}.`);
    before = cursor;
  }
  return count;
}
