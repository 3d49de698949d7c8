import { Cron } from 'croner';
import { RequestValidationError } from '../../errors.ts';
import { COLUMNS, expandColumn, isWhole } from './cron-columns.ts';
import { createWallClock } from './wall-clock.ts';

/** Names that stand for whole expressions, and what some of them are where croner does not know them. */
const NICKNAMES: Readonly<Record<string, string>> = {
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/** `CRON_TZ=Europe/Berlin 0 9 * * *`: the hours of a time zone, as cron daemons know them. */
const ZONED = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/;

/** Finds the first time of a cron expression that is later than a moment. `undefined`: none comes any more. */
export type NextTime = (after: Date) => Date | undefined;

/**
 * Reads a cron expression: five columns; a sixth one is the second, a seventh one the year. Its hours are UTC, unless a
 * time zone stands before it. Where the clocks of that change, each of its times comes once, but an expression for every
 * hour goes on as if they had not.
 * @throws RequestValidationError 422 in the reference's words where it has any
 */
export function parseCron(expression: string): NextTime {
  const [, timezone = 'UTC', plain = expression] = ZONED.exec(expression.trim()) ?? [];
  if (!isTimeZone(timezone)) throw refused(`[${expression}] is not acceptable, unknown time zone: '${timezone}'`);
  const columns = (NICKNAMES[plain.trim().toLowerCase()] ?? plain).trim().split(/\s+/);
  if (columns.length < 5 || columns.length > 7) {
    throw refused('Exactly 5, 6 or 7 columns has to be specified for iterator expression.');
  }
  if (columns.some((column, index) => column.includes('?') && index !== DAY && index !== WEEKDAY)) {
    throw refused(`[${expression}] is not acceptable. Question mark can only used in day_of_month or day_of_week`);
  }
  try {
    const pattern = toCroner(columns);
    return timezone === 'UTC' || isEveryHour(columns) ? byInterval(pattern, timezone) : byWallClock(pattern, timezone);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : 'out of range';
    throw refused(`[${expression}] is not acceptable, ${reason}`);
  }
}

function byInterval(pattern: string, timezone: string): NextTime {
  const cron = new Cron(pattern, { timezone, paused: true });
  return (after) => cron.nextRun(after) ?? undefined;
}

/** croner leaves out what clocks skip, or doubles what they repeat, where a column has several values. */
function byWallClock(pattern: string, timezone: string): NextTime {
  const clock = createWallClock(timezone);
  const nextOnWall = byInterval(pattern, 'UTC');
  return (after) => {
    const next = nextOnWall(clock.timeAt(after));
    // In a repeated hour its times have been already, and may be one for each second.
    const time = next && clock.instantOf(next) <= after ? nextOnWall(clock.lastRepeated(next)) : next;
    return time && clock.instantOf(time);
  };
}

function isEveryHour(columns: readonly string[]): boolean {
  const [hour = '*', column] = [columns[HOUR], COLUMNS[HOUR]];
  return hour === '*' || (column !== undefined && isWhole(expandColumn(hour, column), column));
}

/** ZenML's library has the second after the weekday, croner before the minute; one says `L5`, the other `5L`. */
function toCroner(columns: readonly string[]): string {
  const expanded = COLUMNS.slice(0, columns.length).map((column, index) => expandColumn(columns[index] ?? '', column));
  const [second = '0', ...year] = expanded.slice(5);
  const [minute, hour, , month] = expanded;
  const day = dayColumn(columns, expanded, DAY, WEEKDAY);
  const weekday = dayColumn(columns, expanded, WEEKDAY, DAY).replaceAll(/\bl([0-7])\b/g, '$1l');
  return [second, minute, hour, day, month, weekday, ...year].join(' ').toUpperCase();
}

const HOUR = 1;
const DAY = 2;
const WEEKDAY = 4;

/**
 * Of days of the month and of the week one is enough where both are given. All of one count as not given where there is
 * a `*` in the other, as in ZenML's library.
 */
function dayColumn(columns: readonly string[], expanded: readonly string[], index: number, other: number): string {
  const values = expanded[index] ?? '*';
  const column = COLUMNS[index];
  return column && isWhole(values, column) && columns[other]?.includes('*') ? '*' : values;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function refused(message: string): RequestValidationError {
  return new RequestValidationError(message, true);
}
