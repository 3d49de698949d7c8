import { LEASE_SECONDS } from './archive-parts.ts';

/** An answer this late, milliseconds, may have been held up until claims ran out: the last renewal was a quarter of one before. */
const LATE = (LEASE_SECONDS / 2) * 1000;

/**
 * Notices when the database was away. By then claims have run out that nobody has left: their followers have lines that may
 * be nowhere else. So nobody claims a log for the time of a claim after that, and they renew first.
 */
export class SteadyDatabase {
  #lastAway = Number.NEGATIVE_INFINITY;

  /** Whether it has answered in time for as long as a claim holds, as far as it was asked. */
  get isSteady(): boolean {
    return performance.now() - this.#lastAway >= LEASE_SECONDS * 1000;
  }

  /** Asks it something. @throws what the work throws */
  async ask<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const asked = performance.now();
    let isInTime = false;
    try {
      const answer = await work();
      isInTime = performance.now() - asked < LATE;
      return answer;
    } finally {
      if (!isInTime) this.#lastAway = performance.now();
    }
  }
}
