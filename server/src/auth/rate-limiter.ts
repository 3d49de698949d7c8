import type { Database } from '../database/database.ts';
import { HttpError } from '../http-error.ts';
import { countTry, deleteEndedWindows, forgetTries } from './rate-limit-store.ts';

/** How often a client may try. */
export interface RateLimits {
  readonly perMinute: number;
  readonly perDay: number;
}

/** Limits what clients may try with passwords, keys and codes. */
export interface RateLimiter {
  /**
   * Does what a client tries. What fails counts; once it succeeds, the client starts anew.
   * @param address the client's
   * @throws HttpError 429 over the limit
   */
  attempt<Result>(address: string, work: () => Promise<Result>): Promise<Result>;
}

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;
const HOUR_IN_MILLISECONDS = 3_600_000;

/** Lets everything pass. */
export const UNLIMITED: RateLimiter = { attempt: (_address, work) => work() };

/**
 * Makes a limiter whose counts are in the database: the limit holds for all replicas together and through restarts.
 * A window begins with a client's first try; the reference looks at the last minute and day from each moment instead,
 * in the memory of one process.
 * @param action what is limited; each action is counted by itself
 */
export function createRateLimiter(db: Database, action: string, { perMinute, perDay }: RateLimits): RateLimiter {
  let cleaned = 0;
  return {
    async attempt(address, work) {
      if (Date.now() > cleaned + HOUR_IN_MILLISECONDS) {
        cleaned = Date.now();
        await deleteEndedWindows(db);
      }
      const subject = `${action} ${address}`;
      const tries = await countTry(db, subject, [MINUTE, DAY]);
      for (const { windowSeconds, count, remainingSeconds } of tries) {
        if (windowSeconds === DAY && count > perDay) throw tooMany('Daily', remainingSeconds);
        if (windowSeconds === MINUTE && count > perMinute) throw tooMany('Minute', remainingSeconds);
      }
      const result = await work();
      await forgetTries(db, subject);
      return result;
    },
  };
}

function tooMany(window: string, remainingSeconds: number): HttpError {
  const retryAfter = { 'Retry-After': String(Math.max(1, remainingSeconds)) };
  return new HttpError(429, { detail: `${window} request limit exceeded.` }, retryAfter);
}
