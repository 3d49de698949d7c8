import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import { noteWaitingReason } from '../../features/runs/waiting-reason.ts';
import { type RepeatedWork, repeatWork } from '../../repeated-work.ts';
import type { Launch, StartLaunch } from '../launch.ts';
import { WorkloadError } from '../manager.ts';
import type { FailRun } from './failed-runs.ts';
import { type ClaimedLaunch, claimLaunch, endLaunch, isCancelled, postponeLaunch, renewClaim } from './launch-store.ts';

/** Works on the queue of launches. */
export interface Dispatcher {
  /** Looks at the queue at once: something may have been put in it. */
  wake(): void;
  /** Takes nothing more, waits a moment for what it works on, and leaves the rest to other replicas. */
  stop(): Promise<void>;
}

/** What launches are dispatched with. */
export interface DispatcherParts {
  readonly db: Database;
  readonly startLaunch: StartLaunch;
  /** In words, why a launch failed for good: for the run's status reason. */
  readonly explainFailure: (launch: Launch, error: unknown) => Promise<string>;
  readonly failRun: FailRun;
  /** Removes what was launched although the run was stopped meanwhile. */
  readonly removeRunner: (launch: Launch) => Promise<void>;
  readonly log: Logger;
  /** How many launches it works on at once. */
  readonly concurrency: number;
  /** How long a claim holds without being renewed, seconds: so long a launch waits after its replica has died. */
  readonly leaseSeconds?: number;
  /** How long a stop waits for launches, milliseconds: for all but those whose image is being built. */
  readonly stopPatience?: number;
}

/** A launch that is worked on. */
interface Work {
  readonly done: Promise<void>;
  /** Keeps its claim. */
  readonly renewal: RepeatedWork;
}

/** How often the queue is looked at for what other replicas have put in it, milliseconds. */
const INTERVAL = 1000;
const LEASE_SECONDS = 15;
/** With their pauses these take a quarter of an hour: so long a cluster may be away. */
const MAX_ATTEMPTS = 20;
/** The longest pause before another try, seconds. */
const MAX_PAUSE = 60;
const STOP_PATIENCE = 5000;

/** What runs say of themselves while they are launched. */
const PREPARING = 'Preparing its runner.';
const LAUNCHED = 'Waiting for its runner to begin.';

/** Begins to launch what is queued. */
export function startDispatcher({
  db,
  startLaunch,
  explainFailure,
  failRun,
  removeRunner,
  log,
  concurrency,
  leaseSeconds = LEASE_SECONDS,
  stopPatience = STOP_PATIENCE,
}: DispatcherParts): Dispatcher {
  const running = new Map<ClaimedLaunch, Work>();
  let stopped = false;

  const keep = (launch: ClaimedLaunch, lost: AbortController) =>
    repeatWork(
      (leaseSeconds / 3) * 1000,
      async () => {
        if (!(await renewClaim(db, launch, leaseSeconds))) lost.abort();
      },
      (error) => log.warn({ err: error, run: launch.runId }, 'the claim of a launch was not renewed'),
    );

  const work = async (launch: ClaimedLaunch, signal: AbortSignal) => {
    try {
      await noteWaitingReason(db, launch.runId, PREPARING);
      await startLaunch(launch, signal);
      if (await endLaunch(db, launch, 'launched')) await noteWaitingReason(db, launch.runId, LAUNCHED);
      else if (await isCancelled(db, launch)) await removeRunner(launch);
    } catch (error) {
      if (!signal.aborted) await giveBack(launch, error);
    }
  };

  const giveBack = async (launch: ClaimedLaunch, error: unknown) => {
    log.warn({ err: error, run: launch.runId, attempts: launch.attempts + 1 }, 'a run was not launched');
    if (!(error instanceof WorkloadError) && launch.attempts + 1 < MAX_ATTEMPTS) {
      const reason = error instanceof Error ? error.message : String(error);
      await noteWaitingReason(db, launch.runId, `Not started yet, tried again soon: ${reason}`);
      return postponeLaunch(db, launch, Math.min(2 ** launch.attempts, MAX_PAUSE));
    }
    const reason = await explainFailure(launch, error);
    await inTransaction(db, async (transaction) => {
      if (await endLaunch(transaction, launch, 'failed')) await failRun(transaction, launch, reason);
    });
  };

  const fill = async () => {
    while (!stopped && running.size < concurrency) {
      const launch = await claimLaunch(db, leaseSeconds);
      if (!launch) return;
      const lost = new AbortController();
      const renewal = keep(launch, lost);
      const done = work(launch, lost.signal)
        .catch((error) => log.error({ err: error, run: launch.runId }, 'a launch is tried again when its claim ends'))
        .finally(() => {
          void renewal.stop();
          running.delete(launch);
          filling.wake();
        });
      running.set(launch, { done, renewal });
    }
  };

  const filling = repeatWork(INTERVAL, fill, (error) =>
    log.warn({ err: error }, 'the queue of launches was not looked at'),
  );
  filling.wake();
  return {
    wake: filling.wake,
    async stop() {
      stopped = true;
      await filling.stop();
      const patience = new AbortController();
      await Promise.race([
        Promise.all([...running.values()].map(({ done }) => done)),
        sleep(stopPatience, undefined, { signal: patience.signal }).catch(() => undefined),
      ]);
      patience.abort();
      for (const [launch, { renewal }] of running) {
        // Its builder goes on, and whoever takes it up waits for that: here nobody is to find that its claim is lost.
        await renewal.stop();
        await postponeLaunch(db, launch, 0).catch((error: unknown) =>
          log.warn({ err: error, run: launch.runId }, 'a launch is tried again when its claim ends'),
        );
      }
    },
  };
}
