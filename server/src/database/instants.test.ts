import { instantAfter, now, toApiInstant, toDatabaseInstant, toNullableDatabaseInstant } from './instants.ts';

test.each([
  ['2026-11-25T02:24:25', 'no zone is UTC'],
  ['2026-11-25 02:24:25', 'a space is as good as a T'],
  ['2026-11-25T02:24:25.999999', 'fractions are cut off, as the column does'],
  ['2026-11-25T02:24:25Z', 'UTC'],
  ['2026-11-25T04:24:25+02:00', 'a zone ahead'],
  ['2026-11-24T21:24:25-0500', 'a zone behind'],
])('%s is stored as UTC without fractions: %s', (instant) => {
  expect(toDatabaseInstant(instant)).toBe('2026-11-25 02:24:25');
});

test('a date alone is its midnight in UTC', () => {
  expect(toDatabaseInstant('2026-11-25')).toBe('2026-11-25 00:00:00');
});

test('null and a missing value are stored as NULL', () => {
  expect([toNullableDatabaseInstant(null), toNullableDatabaseInstant(undefined)]).toEqual([null, null]);
});

test('the API shows an instant without a zone', () => {
  expect(toApiInstant('2026-11-25 02:24:25')).toBe('2026-11-25T02:24:25');
});

test('the current time and those after it are in database form', () => {
  for (const instant of [now(), instantAfter(60)]) expect(instant).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  expect(instantAfter(60) > now()).toBe(true);
});
