import type { WorkloadLogLine } from '../manager.ts';

/*
 * How lines are kept in an object: `CURSOR MESSAGE`, one a line.
 */

const FIRST_SIZE = 16 * 1024;
/** What is held while nothing waits, bytes, at most: twice what is kept at once. Only long lines need more. */
const LARGEST_SIZE = 512 * 1024;

/** Lines that wait to be kept. Its memory is used again and again: nothing is added while what was taken is in use. */
export class LogBuffer {
  #memory = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #bytes = 0;
  #lines = 0;
  #lastCursor = '';

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#lines === 0;
  }

  add({ cursor, message }: WorkloadLogLine): void {
    const text = `${cursor} ${message}\n`;
    this.#reserve(text);
    this.#bytes += this.#memory.write(text, this.#bytes, 'utf8');
    this.#lines += 1;
    this.#lastCursor = cursor;
  }

  /** Takes all that is in it. The content is good until the next line is added. */
  take(): { content: Buffer; lines: number; lastCursor: string } {
    const taken = {
      content: this.#memory.subarray(0, this.#bytes),
      lines: this.#lines,
      lastCursor: this.#lastCursor,
    };
    this.#bytes = 0;
    this.#lines = 0;
    if (this.#memory.length > LARGEST_SIZE) this.#memory = Buffer.allocUnsafeSlow(FIRST_SIZE);
    return taken;
  }

  #reserve(text: string): void {
    const free = this.#memory.length - this.#bytes;
    // No character takes more than three bytes per unit of its text: most lines need not be measured.
    if (text.length * 3 <= free) return;
    const size = Buffer.byteLength(text);
    if (size <= free) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#memory.length * 2, this.#bytes + size));
    this.#memory.copy(larger, 0, 0, this.#bytes);
    this.#memory = larger;
  }
}

/** Takes a kept line apart. */
export function parseKeptLine(text: string): { cursor: string; message: string } {
  const space = text.indexOf(' ');
  return space < 0 ? { cursor: text, message: '' } : { cursor: text.slice(0, space), message: text.slice(space + 1) };
}
