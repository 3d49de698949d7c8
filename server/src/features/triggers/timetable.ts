import { invalidBody } from '../../contract/issues.ts';

/** When a schedule fires, as it is stored: instants in UTC, `YYYY-MM-DDTHH:MM:SS` with a fraction where there is one. */
export interface Timetable {
  readonly cron_expression: string | null;
  /** Seconds. */
  readonly interval: number | null;
  readonly end_time: string | null;
  readonly start_time: string | null;
  readonly run_once_start_time: string | null;
  readonly max_runs: number | null;
}

/** What a client sends of it. */
export type TimetableRequest = { readonly [Name in keyof Timetable]?: Timetable[Name] | undefined };

/** Reads a timetable from a request. @throws RequestValidationError 422 where its parts do not fit together */
export function toTimetable(request: TimetableRequest): Timetable {
  const timetable = {
    cron_expression: request.cron_expression ?? null,
    interval: request.interval ?? null,
    end_time: toUtc(request.end_time),
    start_time: toUtc(request.start_time),
    run_once_start_time: toUtc(request.run_once_start_time),
    max_runs: request.max_runs ?? null,
  };
  const { cron_expression, interval, run_once_start_time, start_time, end_time } = timetable;
  if (interval !== null && start_time === null) throw wrong('Interval must be set with start time.');
  const options = [cron_expression, interval, run_once_start_time].filter((option) => option !== null).length;
  if (options === 0) {
    throw wrong('You must specify an execution option (cron, interval, one-off) for the schedule.');
  }
  if (options > 1) throw wrong('You must specify exactly one option (cron, interval, one-off) for the schedule.');
  if (start_time !== null && end_time !== null && end_time <= start_time) {
    throw wrong('The end time must be after the start time.');
  }
  return timetable;
}

function wrong(message: string) {
  return invalidBody(message, 'schedule');
}

const FRACTION = /\.(\d+)/;

/** What has no zone is UTC. A fraction of a second keeps its six digits, which JavaScript's dates have not. */
function toUtc(instant: string | null | undefined): string | null {
  if (instant == null) return null;
  const zoned = !instant.includes(':') || /(?:Z|[+-]\d{2}:?\d{2})$/i.test(instant.slice(10));
  const whole = new Date(`${instant.replace(FRACTION, '')}${zoned ? '' : 'Z'}`).toISOString().slice(0, 19);
  const digits = (FRACTION.exec(instant)?.[1] ?? '').slice(0, 6).padEnd(6, '0');
  return Number(digits) === 0 ? whole : `${whole}.${digits}`;
}

/** An instant of a timetable. */
export function toDate(instant: string): Date {
  return new Date(/(?:Z|[+-]\d\d:?\d\d)$/i.test(instant.slice(10)) ? instant : `${instant}Z`);
}
