import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { valueError } from '../../errors.ts';
import { toLogEntry } from '../../features/logs/log-entry.ts';
import type { FollowedEntry } from '../../features/logs/log-events.ts';
import type { LogPage, LogPaging } from '../../features/logs/log-page.ts';
import { workloadName } from '../launch.ts';
import type { WorkloadManager } from '../manager.ts';

/** What the runners of a run (database id) have logged: of its start first, then of each time that it was resumed. */
export interface RunnerLog {
  /** No more of the log is held than the page. @throws ApiError ValueError 400 for what is no cursor */
  readPage(runId: string, paging: LogPaging): Promise<LogPage>;
  /** Everything after a cursor, and what is yet to come, until the last of the runners has ended. */
  follow(runId: string, after: string | undefined, signal: AbortSignal): AsyncIterable<FollowedEntry>;
  /** Ends all that is followed, as the server does before it stops. Clients come back to another replica. */
  endFollowing(): void;
}

/** How often it is looked whether a queued runner was started, milliseconds. */
const PAUSE = 250;

/** Reads from where the workload manager keeps the logs. */
export function createRunnerLog(db: Database, manager: Pick<WorkloadManager, 'readLog' | 'status'>): RunnerLog {
  const ending = new AbortController();
  const isLive = async (name: string) => ['pending', 'running'].includes((await manager.status(name)).phase);
  return {
    async readPage(runId, { after, limit }) {
      const items: LogPage['items'] = [];
      const from = parsePlace(after);
      let last: string | undefined;
      for (const { number } of await launchesOf(db, runId, from.number)) {
        const reading = number === from.number && from.after !== undefined ? { after: from.after } : {};
        for await (const { cursor, message, timestamp } of manager.readLog(nameOf(runId, number), reading)) {
          const entry = toLogEntry(message, timestamp);
          if (!entry) continue;
          // Only now is it known that the page is cut off.
          if (items.length === limit) return { items, after: last };
          items.push(entry);
          last = formatPlace(number, cursor);
        }
      }
      return { items, after: undefined };
    },

    async *follow(runId, after, clientSignal) {
      const signal = AbortSignal.any([clientSignal, ending.signal]);
      let { number, after: cursor } = parsePlace(after);
      while (!signal.aborted) {
        const launch = (await launchesOf(db, runId, number))[0];
        if (!launch) return;
        if (launch.number !== number) {
          // The one that the cursor is of is forgotten.
          cursor = undefined;
          number = launch.number;
        }
        // Before it is taken up nothing can have been logged, after that its image may be being built.
        if (launch.status === 'queued' && launch.attempts === 0) {
          await sleep(PAUSE, undefined, { signal }).catch(() => undefined);
          continue;
        }
        const reading = { follow: true, signal, ...(cursor !== undefined && { after: cursor }) };
        for await (const line of manager.readLog(nameOf(runId, number), reading)) {
          cursor = line.cursor;
          const entry = toLogEntry(line.message, line.timestamp);
          if (entry) yield { cursor: formatPlace(number, line.cursor), entry };
        }
        if (signal.aborted) break;
        if (launch.status === 'queued' || (await isLive(nameOf(runId, number)))) {
          // Its pod is not there yet, or is about to be replaced.
          await sleep(PAUSE, undefined, { signal }).catch(() => undefined);
          continue;
        }
        cursor = undefined;
        number += 1;
      }
      if (ending.signal.aborted) throw new Error('The server is about to stop. Another one goes on from here.');
    },

    endFollowing: () => ending.abort(),
  };
}

interface LaunchState {
  readonly number: number;
  readonly status: string;
  /** How often it was taken up. */
  readonly attempts: number;
}

async function launchesOf(db: Database, runId: string, from: number): Promise<readonly LaunchState[]> {
  const { rows } = await sql<LaunchState>`select number, status, attempts from ws_launch
    where run_id = ${runId} and number >= ${from} order by number`.execute(db);
  return rows;
}

function nameOf(runId: string, number: number): string {
  return workloadName(fromDatabaseId(runId), number);
}

function formatPlace(number: number, cursor: string): string {
  return `${number}.${cursor}`;
}

function parsePlace(cursor: string | undefined): { number: number; after: string | undefined } {
  if (cursor === undefined) return { number: 1, after: undefined };
  const match = /^(\d{1,9})\.(\S+)$/.exec(cursor);
  if (!match) throw valueError(`'${cursor}' is no cursor of a runner's log.`);
  return { number: Number(match[1]), after: match[2] };
}
