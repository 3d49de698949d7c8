import { Readable } from 'node:stream';
import { type TextLine, textLines } from './text-lines.ts';

async function linesOf(...chunks: Buffer[]): Promise<TextLine[]> {
  const lines: TextLine[] = [];
  for await (const line of textLines(Readable.from(chunks))) lines.push(line);
  return lines;
}

test('lines end at newlines only, wherever the stream is cut', async () => {
  const text = Buffer.from('10%\r20%\r\n\nüber\nrest');
  const expected = [
    { text: '10%\r20%', end: 9 },
    { text: '', end: 10 },
    { text: 'über', end: 16 },
    { text: 'rest', end: 20 },
  ];
  for (let at = 0; at < text.length; at++) {
    expect(await linesOf(text.subarray(0, at), text.subarray(at))).toEqual(expected);
  }
});

test('a line that does not end is cut off, between two characters, and the next one is where it is', async () => {
  const long = Buffer.from(`x${'ü'.repeat(600_000)}`);
  const [first, second] = await linesOf(long, long, Buffer.from('\nnext\n'));
  expect(first?.text).toBe(`x${'ü'.repeat(524_287)}…`);
  expect(second).toEqual({ text: 'next', end: long.length * 2 + 6 });
});
