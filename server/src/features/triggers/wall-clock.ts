/**
 * The clock on the wall of a time zone. The time that it shows is a `Date` whose UTC fields are that time, so that one
 * can reckon with it as if no clock ever changed.
 */
export interface WallClock {
  /** What the clock shows at an instant. */
  timeAt(instant: Date): Date;
  /**
   * When the clock shows a time: for one that it shows twice the first, for one that it skips the instant at which it
   * does. A later time never comes earlier.
   */
  instantOf(time: Date): Date;
  /** The last second of those that the clock shows twice in a row; `time` is one of them. */
  lastRepeated(time: Date): Date;
}

const SECOND = 1000;
/** No zone is further from UTC than this, and none changes its clocks twice in twice as long. */
const DAY = 24 * 60 * 60 * SECOND;

/** @throws RangeError for a time zone that is none */
export function createWallClock(timeZone: string): WallClock {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  const offsetAt = (instant: number): number => {
    const name = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = 0, minutes = 0, seconds = 0] = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name) ?? [];
    const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * SECOND;
    return sign === '-' ? -size : size;
  };
  /** The offsets before and after a change of the clock that is near a time, if any is. */
  const offsetsAround = (time: number) => [offsetAt(time - DAY), offsetAt(time + DAY)] as const;
  return {
    timeAt: (instant) => new Date(instant.getTime() + offsetAt(instant.getTime())),
    instantOf(date) {
      const time = date.getTime();
      const [before, after] = offsetsAround(time);
      const [byOld, byNew] = [time - before, time - after];
      if (offsetAt(byOld) === before) return new Date(byOld);
      if (offsetAt(byNew) === after) return new Date(byNew);
      // Skipped: by the new offset the time is before the change, by the old one after it.
      return new Date(endOf(before, byNew, byOld));
    },
    lastRepeated(date) {
      const time = date.getTime();
      const [before, after] = offsetsAround(time);
      return new Date(endOf(before, time - before, time - after) + before - SECOND);
    },
  };

  /** The second from which on an offset no longer holds that holds at `start`, and not at `end`. */
  function endOf(offset: number, start: number, end: number): number {
    let [holds, over] = [start, end];
    while (over - holds > SECOND) {
      const middle = holds + Math.floor((over - holds) / 2 / SECOND) * SECOND;
      if (offsetAt(middle) === offset) holds = middle;
      else over = middle;
    }
    return over;
  }
}
