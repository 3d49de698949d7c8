import { Cron } from 'croner';
import { RequestValidationError } from '../../errors.ts';

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

/**
 * Reads a cron expression: five columns; a sixth one is the second, a seventh one the year. Its hours are UTC, unless a
 * time zone stands before it.
 * @throws RequestValidationError 422 in the reference's words where it has any
 */
export function parseCron(expression: string): Cron {
  const [, timezone = 'UTC', plain = expression] = ZONED.exec(expression.trim()) ?? [];
  if (!isTimeZone(timezone)) throw refused(`[${expression}] is not acceptable, unknown time zone: '${timezone}'`);
  const columns = (NICKNAMES[plain.trim().toLowerCase()] ?? plain).trim().split(/\s+/);
  if (columns.length < 5 || columns.length > 7) {
    throw refused('Exactly 5, 6 or 7 columns has to be specified for iterator expression.');
  }
  try {
    return new Cron(inCronerOrder(columns), { timezone, paused: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : 'out of range';
    throw refused(`[${expression}] is not acceptable, ${reason}`);
  }
}

/** ZenML's library has the second after the weekday, croner before the minute. */
function inCronerOrder(columns: readonly string[]): string {
  const [second = '0', ...year] = columns.slice(5);
  return [second, ...columns.slice(0, 5), ...year].join(' ');
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
