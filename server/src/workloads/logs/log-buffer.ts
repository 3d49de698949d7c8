import type { WorkloadLogLine } from '../manager.ts';

/*
 * How lines are kept in an object: `CURSOR MESSAGE`, one a line.
 */

/** Lines that wait to be kept. */
export class LogBuffer {
  #texts: string[] = [];
  #bytes = 0;
  #lastCursor = '';

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#texts.length === 0;
  }

  add({ cursor, message }: WorkloadLogLine): void {
    const text = `${cursor} ${message}\n`;
    this.#texts.push(text);
    this.#bytes += Buffer.byteLength(text);
    this.#lastCursor = cursor;
  }

  /** Takes all that is in it. */
  take(): { content: Buffer; lines: number; lastCursor: string } {
    const taken = {
      content: Buffer.from(this.#texts.join(''), 'utf8'),
      lines: this.#texts.length,
      lastCursor: this.#lastCursor,
    };
    this.#texts = [];
    this.#bytes = 0;
    return taken;
  }
}

/** Takes a kept line apart. */
export function parseKeptLine(text: string): { cursor: string; message: string } {
  const space = text.indexOf(' ');
  return space < 0 ? { cursor: text, message: '' } : { cursor: text.slice(0, space), message: text.slice(space + 1) };
}
