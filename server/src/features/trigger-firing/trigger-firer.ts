import type { Logger } from 'pino';
import { repeatWork } from '../../repeated-work.ts';
import { type CatchUp, fireDueSchedule } from './due-schedules-service.ts';
import { type FiringParts, fireNext } from './firing-service.ts';
import { isAnythingDue } from './firings-store.ts';

/** Fires triggers. */
export interface TriggerFirer {
  /** Looks for firings at once: something may have happened. */
  wake(): void;
  /** Takes nothing more, and waits for what it works on. */
  stop(): Promise<void>;
}

/** What triggers are fired with. */
export interface FirerParts extends Pick<FiringParts, 'db' | 'snapshotRuns'> {
  readonly catchUp: CatchUp;
  readonly log: Logger;
}

/** How often it looks, milliseconds. */
const INTERVAL = 1000;

/**
 * Fires schedules whose time has come and triggers for whom something has happened. Any number of replicas may do so side
 * by side: each takes what no other holds.
 */
export function startTriggerFirer({ db, snapshotRuns, catchUp, log }: FirerParts): TriggerFirer {
  const onError: FiringParts['onError'] = (error, { triggerId }) =>
    log.error({ err: error, trigger: triggerId }, 'a trigger was not fired');
  let stopped = false;

  const note = (error: unknown) => log.warn({ err: error }, 'triggers are looked at again a moment later');
  /** What fails waits for the next look; the other kind of work goes on. */
  const exhaust = async (step: () => Promise<boolean>) => {
    try {
      while (!stopped && (await step()));
    } catch (error) {
      note(error);
    }
  };

  const work = async () => {
    if (!(await isAnythingDue(db))) return;
    await exhaust(() => fireDueSchedule(db, catchUp));
    await exhaust(() => fireNext({ db, snapshotRuns, onError }));
  };

  const working = repeatWork(INTERVAL, work, note);
  working.wake();
  return {
    wake: working.wake,
    stop() {
      stopped = true;
      return working.stop();
    },
  };
}
