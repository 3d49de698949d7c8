import { type ClaimedLog, claimArchive, LostClaimError, releaseArchive, renewArchive } from './archive-store.ts';
import { type ArchiveParts, followLog, LEASE_SECONDS } from './log-follower.ts';

/** Keeps logs, on this replica. */
export interface LogArchiver {
  /** Keeps what was read, and leaves the rest to other replicas. */
  stop(): Promise<void>;
}

/** How often it is looked for logs that nobody follows, milliseconds. */
const INTERVAL = 1_000;
const RENEWAL = (LEASE_SECONDS / 3) * 1000;
/** Before a log that could not be followed is tried again, seconds. */
const PAUSE_SECONDS = 2;
/** How many logs a replica follows at once; each holds half a megabyte at most. */
const CONCURRENCY = 200;

/** Begins to keep the logs that nobody follows, and those whose replica has died. */
export function startLogArchiver(parts: ArchiveParts): LogArchiver {
  const { db, log } = parts;
  const ending = new AbortController();
  const running = new Set<Promise<void>>();
  let looking: Promise<void> | undefined;

  const follow = async (claimed: ClaimedLog) => {
    const lost = new AbortController();
    const renewal = setInterval(() => {
      renewArchive(db, claimed, LEASE_SECONDS).catch((error: unknown) => {
        if (error instanceof LostClaimError) lost.abort();
        else log.warn({ err: error, run: claimed.runId }, 'the claim of a log was not renewed');
      });
    }, RENEWAL);
    try {
      const isComplete = await followLog(parts, claimed, AbortSignal.any([ending.signal, lost.signal]));
      if (!isComplete) await releaseArchive(db, claimed, ending.signal.aborted ? 0 : PAUSE_SECONDS);
    } catch (error) {
      if (error instanceof LostClaimError) return;
      log.warn({ err: error, run: claimed.runId }, 'a log is kept on when its claim ends');
    } finally {
      clearInterval(renewal);
    }
  };

  const look = async () => {
    while (!ending.signal.aborted && running.size < CONCURRENCY) {
      const claimed = await claimArchive(db, LEASE_SECONDS);
      if (!claimed) return;
      const task = follow(claimed).finally(() => running.delete(task));
      running.add(task);
    }
  };

  const timer = setInterval(() => {
    looking ??= look()
      .catch((error) => log.warn({ err: error }, 'it was not looked for logs to keep'))
      .finally(() => {
        looking = undefined;
      });
  }, INTERVAL);
  return {
    async stop() {
      clearInterval(timer);
      ending.abort();
      await looking;
      await Promise.all(running);
    },
  };
}
