import { setTimeout as sleep } from 'node:timers/promises';
import { repeatWork } from '../../repeated-work.ts';
import { type ArchiveParts, LEASE_SECONDS } from './archive-parts.ts';
import {
  type ClaimedLog,
  claimArchive,
  isAnyUnclaimed,
  LostClaimError,
  releaseArchive,
  renewArchives,
} from './archive-store.ts';
import { followLog } from './log-follower.ts';
import { SteadyDatabase } from './steady-database.ts';

/** Keeps logs, on this replica. */
export interface LogArchiver {
  /** Keeps what was read, if the bucket takes it within some seconds, and leaves the rest to other replicas. */
  stop(): Promise<void>;
}

/** How often it is looked for logs that nobody follows, milliseconds. */
const INTERVAL = 500;
/** A claim outlives three renewals that fail. */
const RENEWAL = (LEASE_SECONDS / 4) * 1000;
/** Before a log that could not be followed is tried again, seconds. */
const PAUSE_SECONDS = 2;
/** How many logs a replica follows at once; each holds half a megabyte at most, and more for as long as a long line waits. */
const CONCURRENCY = 200;
/** How long a stop waits for the bucket, milliseconds: another replica keeps again what it did not take by then. */
const STOP_PATIENCE = 3_000;

/** Begins to keep the logs that nobody follows, and those whose replica has died. */
export function startLogArchiver(parts: ArchiveParts): LogArchiver {
  const { db, log, stopPatience = STOP_PATIENCE } = parts;
  const ending = new AbortController();
  /** What is followed, and what ends that once another replica follows it. */
  const claims = new Map<ClaimedLog, AbortController>();
  const running = new Set<Promise<void>>();
  const database = new SteadyDatabase();

  const follow = async (claimed: ClaimedLog) => {
    const lost = new AbortController();
    claims.set(claimed, lost);
    try {
      const isComplete = await followLog(parts, claimed, AbortSignal.any([ending.signal, lost.signal]));
      if (!isComplete) await releaseArchive(db, claimed, ending.signal.aborted ? 0 : PAUSE_SECONDS);
    } catch (error) {
      if (error instanceof LostClaimError) return;
      log.warn({ err: error, run: claimed.runId }, 'a log is kept on when its claim ends');
    } finally {
      claims.delete(claimed);
    }
  };

  const renew = async () => {
    const lost = await database.ask(() => renewArchives(db, [...claims.keys()], LEASE_SECONDS));
    for (const claimed of lost) claims.get(claimed)?.abort();
  };
  const renewing = repeatWork(RENEWAL, renew, (error) =>
    log.warn({ err: error }, 'the claims of logs were not renewed'),
  );

  const look = async () => {
    // Also where nothing may be claimed now: this shows whether the database is there.
    if (!(await database.ask(() => isAnyUnclaimed(db)))) return;
    while (database.isSteady && !ending.signal.aborted && running.size < CONCURRENCY) {
      const claimed = await database.ask(() => claimArchive(db, LEASE_SECONDS));
      if (!claimed) return;
      const task = follow(claimed).finally(() => running.delete(task));
      running.add(task);
    }
  };
  const looking = repeatWork(INTERVAL, look, (error) => log.warn({ err: error }, 'it was not looked for logs to keep'));

  return {
    async stop() {
      ending.abort();
      await looking.stop();
      await Promise.race([Promise.all(running), sleep(stopPatience, undefined, { ref: false })]);
      await renewing.stop();
    },
  };
}
