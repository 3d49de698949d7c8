import { StringDecoder } from 'node:string_decoder';

/** A line of a text. */
export interface TextLine {
  /** Without what ends it. */
  readonly text: string;
  /** The bytes of the text up to the next line. */
  readonly end: number;
}

const NEWLINE = 10;
/** What is given of a longer line, bytes: who never ends a line does not fill the memory. */
const LONGEST = 1024 * 1024;
const CUT_OFF = '…';

/**
 * Takes a stream of UTF-8 apart at its newlines, and nowhere else: `readline` also ends lines at lone carriage returns, of
 * which progress bars are made.
 * @param longest how much is given of a line, bytes; a mebibyte where left out
 * @throws what the stream breaks with
 */
export async function* textLines(stream: AsyncIterable<Buffer>, longest = LONGEST): AsyncGenerator<TextLine> {
  const line = new LineBytes(longest);
  let position = 0;
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      yield { text: line.endWith(chunk, from, end), end: position + end + 1 };
      from = end + 1;
    }
    line.add(chunk.subarray(from));
    position += chunk.length;
  }
  if (!line.isEmpty) yield { text: line.take(), end: position };
}

/** What has come of a line. */
class LineBytes {
  readonly #longest: number;
  readonly #pieces: Buffer[] = [];
  #length = 0;
  #isCutOff = false;

  constructor(longest: number) {
    this.#longest = longest;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  add(bytes: Buffer): void {
    const piece = bytes.length > this.#longest - this.#length ? this.#cutOff(bytes) : bytes;
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** Its text with these last bytes; another line begins. Most lines are in one chunk, and read without a view of it. */
  endWith(chunk: Buffer, from: number, to: number): string {
    if (this.isEmpty && to - from <= this.#longest) return withoutReturn(chunk.toString('utf8', from, to));
    this.add(chunk.subarray(from, to));
    return this.take();
  }

  /** Its text; another line begins. */
  take(): string {
    const [only] = this.#pieces;
    const bytes = only !== undefined && this.#pieces.length === 1 ? only : Buffer.concat(this.#pieces);
    // A decoder leaves out half a character.
    const text = this.#isCutOff ? new StringDecoder('utf8').write(bytes) + CUT_OFF : bytes.toString('utf8');
    this.#pieces.length = 0;
    this.#length = 0;
    this.#isCutOff = false;
    return withoutReturn(text);
  }

  #cutOff(bytes: Buffer): Buffer {
    this.#isCutOff = true;
    return bytes.subarray(0, this.#longest - this.#length);
  }
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
