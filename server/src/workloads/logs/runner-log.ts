import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../database/database.ts';
import { valueError } from '../../errors.ts';
import { toLogEntry } from '../../features/logs/log-entry.ts';
import type { FollowedEntry } from '../../features/logs/log-events.ts';
import type { LogPage, LogPaging } from '../../features/logs/log-page.ts';
import { findLaunchEnd } from '../dispatcher/launch-end-store.ts';
import { workloadName } from '../launch.ts';
import type { LogReading, WorkloadManager } from '../manager.ts';
import { endLines, isEndCursor } from './end-lines.ts';
import { listRunLaunches, type RunLaunch } from './run-launches-read-model.ts';

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
/** How much longer it may get between two looks at the cluster, milliseconds: a pod may be kept from being made. */
const LONGEST_PAUSE = 2_000;
/** How long it is waited for what becomes of a run whose runner has ended, milliseconds: longer than between two looks. */
const PATIENCE = 15_000;

/** Reads from where the workload manager keeps the logs. */
export function createRunnerLog(db: Database, manager: Pick<WorkloadManager, 'readLog' | 'status'>): RunnerLog {
  const ending = new AbortController();
  const isLive = async (name: string) => ['pending', 'running'].includes((await manager.status(name)).phase);

  /** The log of one launch, and then what the server has to say of its end. @returns whether there was an end to tell */
  const readLaunch = async function* (
    { runId, number, after }: LaunchPlace,
    reading: LogReading,
  ): AsyncGenerator<FollowedEntry, boolean> {
    let isEmpty = after === undefined;
    if (!isEndCursor(after)) {
      const from = after === undefined ? reading : { ...reading, after };
      for await (const { cursor, message, timestamp } of manager.readLog(workloadName(runId, number), from)) {
        isEmpty = false;
        const entry = toLogEntry(message, timestamp);
        if (entry) yield { cursor, entry };
      }
    }
    const end = reading.signal?.aborted ? undefined : await findLaunchEnd(db, { runId, number });
    if (end) yield* endLines(end, after, isEmpty);
    return end !== undefined;
  };

  return {
    async readPage(runId, { after, limit }) {
      const items: LogPage['items'] = [];
      const from = parsePlace(after);
      let last: string | undefined;
      for (const { number } of await listRunLaunches(db, runId, from.number)) {
        const place = { runId, number, after: number === from.number ? from.after : undefined };
        for await (const { cursor, entry } of readLaunch(place, {})) {
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
      let endedSince: number | undefined;
      let pause = PAUSE;
      while (!signal.aborted) {
        const launch = (await listRunLaunches(db, runId, number))[0];
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
        const entries = readLaunch({ runId, number, after: cursor }, { follow: true, signal });
        let next = await entries.next();
        for (; !next.done; next = await entries.next()) {
          cursor = next.value.cursor;
          pause = PAUSE;
          yield { cursor: formatPlace(number, cursor), entry: next.value.entry };
        }
        if (signal.aborted) break;
        const goesOn = launch.status === 'queued' || (await isLive(workloadName(runId, number)));
        endedSince = goesOn ? undefined : (endedSince ?? Date.now());
        // Its pod is not there yet, or is about to be replaced; or it is about to be said how it ended.
        if (!next.value && (goesOn || (isUndecided(launch) && Date.now() - (endedSince ?? 0) < PATIENCE))) {
          await sleep(pause, undefined, { signal }).catch(() => undefined);
          pause = Math.min(pause * 2, LONGEST_PAUSE);
          continue;
        }
        endedSince = undefined;
        cursor = undefined;
        number += 1;
      }
      if (ending.signal.aborted) throw new Error('The server is about to stop. Another one goes on from here.');
    },

    endFollowing: () => ending.abort(),
  };
}

/** Where in a launch's log. */
interface LaunchPlace {
  readonly runId: string;
  readonly number: number;
  readonly after: string | undefined;
}

/** Whether whoever compares runs and runners has yet to say what becomes of a run whose runner has ended. */
function isUndecided({ status, runStatus }: RunLaunch): boolean {
  return status === 'launched' && runStatus === 'initializing';
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
