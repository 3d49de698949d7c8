import { LogBuffer } from './log-buffer.ts';

const KIB = 1024;
const add = (buffer: LogBuffer, message: string) => buffer.add({ cursor: 'c', message, timestamp: undefined });
const sizeOf = (content: Buffer) => content.buffer.byteLength;

test('as much memory is held as lines need, and of a long line none once it is taken', () => {
  const buffer = new LogBuffer();
  add(buffer, '€'.repeat(5 * KIB));
  expect(sizeOf(buffer.take().content)).toBe(16 * KIB);
  for (let line = 0; line < 4; line++) add(buffer, 'x'.repeat(60 * KIB));
  add(buffer, '€'.repeat(400 * KIB));
  const { content, lines, lastCursor } = buffer.take();
  expect([lines, lastCursor]).toEqual([5, 'c']);
  expect(sizeOf(content)).toBeLessThan(1500 * KIB);
  add(buffer, 'next');
  const next = buffer.take().content;
  expect([next.toString(), sizeOf(next)]).toEqual(['c next\n', 16 * KIB]);
  // What was taken before it is not overwritten.
  expect(content.toString().split('\n').at(4)).toBe(`c ${'€'.repeat(400 * KIB)}`);
});

test('the memory of common lines is used again', () => {
  const buffer = new LogBuffer();
  const fill = () => {
    for (let line = 0; line < 4; line++) add(buffer, 'x'.repeat(64 * KIB));
    return buffer.take().content.buffer;
  };
  expect(fill()).toBe(fill());
});
