import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogReading, WorkloadLogLine } from '../manager.ts';

const CHUNK_BYTES = 64 * 1024;
/** How often a log that is followed is looked at, milliseconds. */
const INTERVAL = 250;
const NEWLINE = 10;

/**
 * Reads a log file line by line; a cursor is the number of bytes before the next line.
 * @param isLive whether more may be written; asked at the end of the file, where the log is followed
 */
export async function* readLogFile(
  file: string,
  { after, follow = false, signal }: LogReading,
  isLive: () => Promise<boolean>,
): AsyncGenerator<WorkloadLogLine> {
  const handle = await open(file, 'r');
  try {
    let position = Number(after ?? 0);
    let rest = Buffer.alloc(0);
    for (;;) {
      // Before the file is read: what a process writes before its end is not missed then.
      const live = follow && (await isLive());
      for (;;) {
        const { bytesRead, buffer } = await handle.read({
          buffer: Buffer.alloc(CHUNK_BYTES),
          position: position + rest.length,
        });
        if (bytesRead === 0) break;
        rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
        for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
          position += end + 1;
          yield toLine(rest.subarray(0, end), position);
          rest = rest.subarray(end + 1);
        }
      }
      if (signal?.aborted) return;
      if (!live) break;
      await sleep(INTERVAL);
    }
    if (rest.length > 0) yield toLine(rest, position + rest.length);
  } finally {
    await handle.close();
  }
}

function toLine(bytes: Buffer, position: number): WorkloadLogLine {
  // Of one length: cursors are compared as texts.
  return {
    cursor: String(position).padStart(16, '0'),
    message: bytes.toString('utf8').replace(/\r$/, ''),
    timestamp: undefined,
  };
}
