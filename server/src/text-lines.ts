import type { Readable } from 'node:stream';

/** A line of a text. */
export interface TextLine {
  /** Without what ends it. */
  readonly text: string;
  /** The bytes of the text up to the next line. */
  readonly end: number;
}

const NEWLINE = 10;

/**
 * Takes a stream of UTF-8 apart at its newlines, and nowhere else: `readline` also ends lines at lone carriage returns, of
 * which progress bars are made.
 * @throws what the stream breaks with
 */
export async function* textLines(stream: Readable): AsyncGenerator<TextLine> {
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  for await (const chunk of stream) {
    const bytes = chunk as Buffer;
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let from = 0;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, from)) {
      yield { text: rest.toString('utf8', from, end).replace(/\r$/, ''), end: position + end + 1 };
      from = end + 1;
    }
    position += from;
    rest = rest.subarray(from);
  }
  if (rest.length > 0) yield { text: rest.toString('utf8'), end: position + rest.length };
}
