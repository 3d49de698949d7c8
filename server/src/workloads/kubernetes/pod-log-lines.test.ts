import { cursorOfRotation, parseCursor } from '../logs/cursor.ts';
import { createPodLogLines, type PodLogLine, sinceTimeOf } from './pod-log-lines.ts';

const at = (time: string, message: string) => `2026-01-31T08:${time}Z ${message}`;

/** What a node gives of a log: no line that is stamped before that time. */
function read(file: readonly string[], sinceTime = ''): PodLogLine[] {
  const given = file.filter((line) => line.slice(0, 19) >= sinceTime.slice(0, 19));
  const toLine = createPodLogLines(1769846400);
  return given.flatMap((line) => toLine(line) ?? []);
}

test.each<[string, string[]]>([
  [
    'streams of which one is written later than it is stamped',
    [
      at('15:01.000000100', 'a'),
      at('15:01.000000300', 'out'),
      at('15:01.000000200', 'err'),
      at('15:01.000000300', 'out'),
      at('15:02.000000100', 'out'),
      at('15:01.999999900', 'err'),
      at('15:02.000000100', 'out'),
      at('15:03.000000000', 'z'),
      at('15:05.000000000', 'z'),
    ],
  ],
  [
    'a clock that is set back, and again',
    [
      at('15:09.500000000', 'a'),
      at('15:07.600000000', 'b'),
      at('15:09.400000000', 'c'),
      at('15:08.000000000', 'd'),
      at('15:09.500000000', 'e'),
      at('15:20.000000000', 'f'),
    ],
  ],
  ['lines with one stamp', Array.from({ length: 12 }, (_line, index) => at('15:01.000000000', String(index)))],
])('of %s each line has its place, wherever it is read on', (_what, file) => {
  const all = read(file);
  const cursors = all.map(({ cursor }) => cursor);
  expect(all).toHaveLength(file.length);
  expect(cursors.toSorted()).toEqual(cursors);
  expect(new Set(cursors).size).toBe(cursors.length);
  for (const [index, { cursor, place }] of all.entries()) {
    expect(parseCursor(cursor)).toEqual(place);
    const rest = read(file, sinceTimeOf(place)).filter((line) => line.cursor > cursor);
    expect(rest).toEqual(all.slice(index + 1));
    const rotation = cursorOfRotation(cursor);
    expect(parseCursor(rotation)).toEqual(place);
    const inOrder = [cursor, rotation, ...cursors.slice(index + 1)];
    expect(inOrder.toSorted()).toEqual(inOrder);
  }
});

test('what comes after a clock was set back by an hour is read on from each of its lines', () => {
  const file = [at('59:00.1', 'a'), at('00:00.1', 'b'), at('30:00.1', 'c'), at('59:00.1', 'd'), at('59:00.2', 'e')];
  const all = read(file);
  for (const [index, { cursor, place }] of all.entries()) {
    if (index === 0) continue;
    expect(read(file, sinceTimeOf(place)).filter((line) => line.cursor > cursor)).toEqual(all.slice(index + 1));
  }
});

test('stamps are in the time zone of the node', () => {
  const [line] = read(['2026-01-31T01:15:00.5+02:00 message']);
  expect(line).toMatchObject({
    cursor: '1769846400~2026-01-30T23:15:00.500000000Z~00000000',
    message: 'message',
    timestamp: new Date('2026-01-30T23:15:00.5Z'),
  });
  expect(line && sinceTimeOf(line.place)).toBe('2026-01-30T23:14:58Z');
});

test('what has no stamp is the rest of a line that was stamped too early', () => {
  expect(read(['rest', '2026-01-31Trest', '2026-99-31T08:15:00.5+99:00 rest', ''])).toEqual([]);
  expect(read(['2026-01-31T08:15:00.000000000Z'])).toMatchObject([{ message: '' }]);
});
