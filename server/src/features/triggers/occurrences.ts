import { RequestValidationError } from '../../errors.ts';
import { parseCron } from './cron-expression.ts';
import { type Timetable, toDate } from './timetable.ts';

/**
 * The first time that a schedule fires, seen from the moment at which it is made or changed (ZenML 0.98.0
 * utils/native_schedules.py). It may lie after the schedule's end, and for a single run also in the past.
 * @throws RequestValidationError 422 for a cron expression that is none, or whose time never comes
 */
export function firstOccurrence(timetable: Timetable, now: Date): Date | undefined {
  const soon = new Date(now.getTime() + 1000);
  const { cron_expression, interval, run_once_start_time } = timetable;
  const start = timetable.start_time === null ? undefined : toDate(timetable.start_time);
  if (cron_expression) {
    const from = start && start > soon ? start : soon;
    const first = parseCron(cron_expression)(from);
    if (!first) throw new RequestValidationError('failed to find next date', true);
    return first;
  }
  if (start && interval) return start > soon ? start : afterInterval(start, interval, soon);
  return run_once_start_time === null ? undefined : toDate(run_once_start_time);
}

/**
 * The next time that a schedule fires.
 * @param after it is later than this
 * @returns `undefined` where it does not fire any more
 */
export function nextOccurrence(timetable: Timetable, after: Date): Date | undefined {
  const { cron_expression, interval, start_time, end_time } = timetable;
  let next: Date | undefined;
  if (cron_expression) {
    const start = start_time === null ? after : toDate(start_time);
    next = parseCron(cron_expression)(start > after ? start : after);
  } else if (interval && start_time !== null) {
    next = afterInterval(toDate(start_time), interval, after);
    // Whole minutes: of an interval that begins within one, the next may be the same minute again.
    if (next <= after) next = afterInterval(toDate(start_time), interval, new Date(after.getTime() + MINUTE));
  }
  return next && (end_time === null || next <= toDate(end_time)) ? next : undefined;
}

const MINUTE = 60_000;

/** The end of the interval that a moment lies in, at the full minute. */
function afterInterval(start: Date, seconds: number, moment: Date): Date {
  const length = seconds * 1000;
  const passed = Math.floor((moment.getTime() - start.getTime()) / length);
  const end = start.getTime() + (passed + 1) * length;
  return new Date(Math.floor(end / MINUTE) * MINUTE);
}
