import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { textLines } from '../../text-lines.ts';
import type { LogReading, WorkloadLogLine } from '../manager.ts';

const CHUNK_BYTES = 64 * 1024;
/** How often a log that is followed is looked at, milliseconds. */
const INTERVAL = 250;

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
  const start = Number(after ?? 0);
  const goesOn = async () => follow && !signal?.aborted && (await isLive());
  try {
    for await (const { text, end } of textLines(chunksOf(handle, start, goesOn))) {
      // The last line may be half written then.
      if (signal?.aborted) return;
      // Of one length: cursors are compared as texts.
      yield { cursor: String(start + end).padStart(16, '0'), message: text, timestamp: undefined };
    }
  } finally {
    await handle.close();
  }
}

async function* chunksOf(handle: FileHandle, position: number, goesOn: () => Promise<boolean>): AsyncGenerator<Buffer> {
  let read = position;
  for (;;) {
    // Before the file is read: what a process writes before its end is not missed then.
    const live = await goesOn();
    for (;;) {
      const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(CHUNK_BYTES), position: read });
      if (bytesRead === 0) break;
      read += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
    if (!live) return;
    await sleep(INTERVAL);
  }
}
