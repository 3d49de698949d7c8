import { firstOccurrence, nextOccurrence } from './occurrences.ts';
import type { Timetable } from './timetable.ts';

const EMPTY: Timetable = {
  cron_expression: null,
  interval: null,
  start_time: null,
  end_time: null,
  run_once_start_time: null,
  max_runs: null,
};
const cron = (cron_expression: string, more: Partial<Timetable> = {}): Timetable => ({
  ...EMPTY,
  cron_expression,
  ...more,
});
const shown = (date: Date | undefined) => date?.toISOString().slice(0, 19);
const at = (text: string) => new Date(`${text}Z`);

/** Occurrences one after the other. */
function series(timetable: Timetable, after: string, count: number): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  let moment: Date | undefined = at(after);
  for (let index = 0; index < count && moment; index++) {
    moment = nextOccurrence(timetable, moment);
    found.push(shown(moment));
  }
  return found;
}

describe('occurrences', () => {
  test.each([
    ['*/5 * * * *', '2026-11-25T15:45:00'],
    ['@midnight', '2026-11-26T00:00:00'],
    // The sixth column is the second, the seventh the year.
    ['0 0 * * * 30', '2026-11-26T00:00:30'],
    ['0 0 1 1 * 0 2030', '2030-01-01T00:00:00'],
    ['0 0 L * *', '2026-11-30T00:00:00'],
    // Day of month or weekday, where both are given.
    ['0 0 13 * fri', '2026-11-27T00:00:00'],
    // A weekday of all weekdays is none, unless the day of the month has no star (croniter 6).
    ['0 0 13 * *', '2026-12-13T00:00:00'],
    ['0 0 */10 * */1', '2026-12-01T00:00:00'],
    ['0 0 13 * */1', '2026-11-26T00:00:00'],
    // Over the end; a step after a value; a range of one value.
    ['0 22-2 * * *', '2026-11-25T22:00:00'],
    ['0 0 * * fri-mon', '2026-11-27T00:00:00'],
    ['43/10 * * * *', '2026-11-25T15:43:00'],
    ['0 16-16 * * *', '2026-11-25T16:00:00'],
    ['0 0 * * L5', '2026-11-27T00:00:00'],
    ['0 0 * * 5#1', '2026-12-04T00:00:00'],
    ['CRON_TZ=Asia/Tokyo 0 9 * * *', '2026-11-26T00:00:00'],
  ])('%s', (expression, expected) => {
    expect(shown(firstOccurrence(cron(expression), at('2026-11-25T15:42:53.500')))).toBe(expected);
  });

  test.each([
    'x y z',
    '61 * * * *',
    '* * * *',
    'CRON_TZ=Mars/Olympus 0 9 * * *',
    '* * * * * * * *',
    '? * * * *',
    '*/0 * * * *',
    '0 0 31 2 *',
  ])('refuses %s', (expression) => {
    expect(() => firstOccurrence(cron(expression), new Date())).toThrow();
  });

  test('hours of a time zone stay the same when its clocks change', () => {
    const daily = cron('CRON_TZ=Europe/Berlin 0 9 * * *');
    expect(series(daily, '2026-03-27T12:00:00', 3)).toEqual([
      '2026-03-28T08:00:00',
      '2026-03-29T07:00:00',
      '2026-03-30T07:00:00',
    ]);
    expect(series(daily, '2026-10-23T12:00:00', 3)).toEqual([
      '2026-10-24T07:00:00',
      '2026-10-25T08:00:00',
      '2026-10-26T08:00:00',
    ]);
  });

  test('what falls into an hour that clocks skip fires when they do, and in a repeated hour once', () => {
    const daily = cron('CRON_TZ=Europe/Berlin 30 2 * * *');
    expect(series(daily, '2026-03-28T12:00:00', 2)).toEqual(['2026-03-29T01:00:00', '2026-03-30T00:30:00']);
    expect(series(daily, '2026-10-24T12:00:00', 2)).toEqual(['2026-10-25T00:30:00', '2026-10-26T01:30:00']);
  });

  test('every hour means every hour, also where clocks change', () => {
    expect(series(cron('CRON_TZ=Europe/Berlin 0 * * * *'), '2026-10-24T22:30:00', 4)).toEqual([
      '2026-10-24T23:00:00',
      '2026-10-25T00:00:00',
      '2026-10-25T01:00:00',
      '2026-10-25T02:00:00',
    ]);
  });

  test('intervals begin at the start, go on at full minutes, and end', () => {
    const interval = { ...EMPTY, interval: 90, start_time: '2026-01-01T00:00:55', end_time: '2026-01-01T00:05:30' };
    expect(shown(firstOccurrence(interval, at('2025-12-31T00:00:00')))).toBe('2026-01-01T00:00:55');
    expect(series(interval, '2026-01-01T00:00:55', 9)).toEqual([
      '2026-01-01T00:02:00',
      '2026-01-01T00:03:00',
      '2026-01-01T00:05:00',
      undefined,
    ]);
    const minutes = { ...EMPTY, interval: 60, start_time: '2026-01-01T00:00:55' };
    expect(series(minutes, '2026-01-01T00:07:00', 2)).toEqual(['2026-01-01T00:08:00', '2026-01-01T00:09:00']);
  });

  test('one run is all that a schedule for once has, also one for the past', () => {
    const once = { ...EMPTY, run_once_start_time: '2020-01-01T00:00:00' };
    expect(shown(firstOccurrence(once, at('2026-01-01T00:00:00')))).toBe('2020-01-01T00:00:00');
    expect(nextOccurrence(once, at('2020-01-01T00:00:00'))).toBeUndefined();
  });

  test('a start later than now is waited for', () => {
    const later = cron('0 0 * * *', { start_time: '2030-06-01T12:00:00' });
    expect(shown(firstOccurrence(later, at('2026-01-01T00:00:00')))).toBe('2030-06-02T00:00:00');
    expect(shown(nextOccurrence(later, at('2026-01-01T00:00:00')))).toBe('2030-06-02T00:00:00');
  });
});
