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

/** Day and minute of times, `29T01:00`. */
const days = (times: readonly (string | undefined)[]) => times.map((time) => time?.slice(8, 16));

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

  // Berlin's clocks go from 2 to 3 at 01:00 UTC, and from 3 back to 2 at 01:00 UTC; New York's at 07:00 and 06:00 UTC.
  // Lord Howe's move by half an hour, and Santiago's at midnight.
  test.each([
    ['Europe/Berlin 30 2 * * *', '2026-03-28T12:00:00', ['29T01:00', '30T00:30']],
    ['Europe/Berlin 30 2,14 * * *', '2026-03-28T14:00:00', ['29T01:00', '29T12:30', '30T00:30']],
    ['Europe/Berlin 0,30 2 * * *', '2026-03-28T12:00:00', ['29T01:00', '30T00:00', '30T00:30']],
    ['Europe/Berlin 15,45 2 * * *', '2026-03-28T12:00:00', ['29T01:00', '30T00:15', '30T00:45']],
    ['Europe/Berlin */20 2 * * *', '2026-03-28T12:00:00', ['29T01:00', '30T00:00', '30T00:20', '30T00:40']],
    ['Europe/Berlin 30 1-3 * * *', '2026-03-28T12:00:00', ['29T00:30', '29T01:00', '29T01:30', '29T23:30']],
    ['Europe/Berlin 0 */2 * * *', '2026-03-28T23:30:00', ['29T01:00', '29T02:00', '29T04:00']],
    ['America/New_York 30 2,14 * * *', '2026-03-07T20:00:00', ['08T07:00', '08T18:30', '09T06:30']],
    ['America/New_York */30 2-3 * * *', '2026-03-08T00:00:00', ['08T07:00', '08T07:30', '09T06:00']],
    ['Australia/Lord_Howe 15 2 * * *', '2026-10-03T00:00:00', ['03T15:30', '04T15:15']],
    ['America/Santiago 0 0 * * *', '2026-09-05T12:00:00', ['06T04:00', '07T03:00']],
  ])('CRON_TZ=%s comes when clocks jump over it', (expression, after, expected) => {
    expect(days(series(cron(`CRON_TZ=${expression}`), after, expected.length))).toEqual(expected);
  });

  test.each([
    ['Europe/Berlin 30 2 * * *', '2026-10-24T12:00:00', ['25T00:30', '26T01:30']],
    ['Europe/Berlin 0 2,3 * * *', '2026-10-24T12:00:00', ['25T00:00', '25T02:00', '26T01:00']],
    ['Europe/Berlin */20 2 * * *', '2026-10-24T12:00:00', ['25T00:00', '25T00:20', '25T00:40', '26T01:00']],
    // Asked in the hour that is repeated.
    ['Europe/Berlin */20 1-3 * * *', '2026-10-25T01:10:00', ['25T02:00', '25T02:20']],
    ['Europe/Berlin * 2 * * * *', '2026-10-25T01:10:00', ['26T01:00']],
    ['Australia/Lord_Howe * 1,2 * * * 0,59', '2026-04-04T15:10:30', ['04T15:30', '04T15:30', '04T15:31']],
    ['Europe/Berlin 0 */2 * * *', '2026-10-24T22:30:00', ['25T00:00', '25T03:00']],
    ['America/New_York 30 1,13 * * *', '2026-11-01T00:00:00', ['01T05:30', '01T18:30', '02T06:30']],
    ['America/New_York 0 0-2 * * *', '2026-11-01T00:00:00', ['01T04:00', '01T05:00', '01T07:00', '02T05:00']],
    ['Australia/Lord_Howe 45 1 * * *', '2026-04-04T00:00:00', ['04T14:45', '05T15:15']],
    ['America/Santiago 30 23 * * sat,sun', '2026-04-04T12:00:00', ['05T02:30', '06T03:30']],
  ])('CRON_TZ=%s comes once where clocks repeat it', (expression, after, expected) => {
    expect(days(series(cron(`CRON_TZ=${expression}`), after, expected.length))).toEqual(expected);
  });

  test.each([
    ['Europe/Berlin 30 * * * *', '2026-03-29T00:00:00', ['29T00:30', '29T01:30', '29T02:30']],
    ['Europe/Berlin 30 * * * *', '2026-10-25T00:00:00', ['25T00:30', '25T01:30', '25T02:30']],
    ['Europe/Berlin */30 */1 * * *', '2026-10-25T00:15:00', ['25T00:30', '25T01:00', '25T01:30', '25T02:00']],
    ['Europe/Berlin 0 0-23 * * *', '2026-03-29T00:30:00', ['29T01:00', '29T02:00']],
    ['America/New_York 15,45 * * * *', '2026-11-01T05:00:00', ['01T05:15', '01T05:45', '01T06:15', '01T06:45']],
    ['America/New_York @hourly', '2026-03-08T06:30:00', ['08T07:00', '08T08:00']],
  ])('CRON_TZ=%s is for every hour, and goes on as if clocks did not change', (expression, after, expected) => {
    expect(days(series(cron(`CRON_TZ=${expression}`), after, expected.length))).toEqual(expected);
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
