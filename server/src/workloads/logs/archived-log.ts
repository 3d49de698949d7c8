import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../../errors.ts';
import { textLines } from '../../text-lines.ts';
import { parseWorkloadName } from '../launch.ts';
import type { LogReading, WorkloadLogLine, WorkloadManager } from '../manager.ts';
import type { ArchiveParts } from './archive-parts.ts';
import { type ArchiveState, findArchive, type LogOwner, type LogPart, listParts } from './archive-store.ts';
import { parseCursor } from './cursor.ts';
import { parseKeptLine } from './log-buffer.ts';

/** How often it is looked for the rest of a log whose runner is gone, milliseconds. */
const PAUSE = 250;

/** Names the place after the line that says what is not kept, the last one. As texts sort, after all that are kept. */
const AFTER_GAP = 'gap~';

/**
 * Reads a workload's log as far as it is kept, and goes on where it comes from. Cursors are the same in both, so that a
 * reader notices nothing.
 */
export function createArchivedLogReader(parts: Omit<ArchiveParts, 'root'>): WorkloadManager['readLog'] {
  const { db, manager, log } = parts;

  return async function* readLog(name, reading) {
    const owner = ownerOf(name);
    let after = reading.after;
    const keptLines = async function* (state: ArchiveState): AsyncGenerator<WorkloadLogLine> {
      for await (const line of readKept(parts, owner, after)) {
        after = line.cursor;
        yield line;
      }
      if (state.isComplete && state.gap !== undefined && after !== AFTER_GAP) {
        yield { cursor: AFTER_GAP, message: state.gap, timestamp: undefined };
      }
    };

    for (let isFirst = true; !reading.signal?.aborted; isFirst = false) {
      const state = await findArchive(db, owner);
      if (state?.isComplete) {
        yield* keptLines(state);
        return;
      }
      if (state) {
        try {
          yield* keptLines(state);
        } catch (error) {
          // As long as it lives, its own log tells all of it.
          log.warn({ err: error, workload: name }, 'the log store cannot be read');
        }
      }
      if (!isFirst && !(state && reading.follow)) return;
      for await (const line of manager.readLog(name, withAfter(reading, after))) {
        after = line.cursor;
        yield line;
      }
      if (!state) return;
      // Gone, perhaps, while the last lines were being kept.
      if (reading.follow) await sleep(PAUSE, undefined, { signal: reading.signal }).catch(() => undefined);
    }
  };
}

function withAfter({ after: _first, ...reading }: LogReading, after: string | undefined): LogReading {
  return after === undefined ? reading : { ...reading, after };
}

async function* readKept(
  { db, store }: Pick<ArchiveParts, 'db' | 'store'>,
  owner: LogOwner,
  after: string | undefined,
): AsyncGenerator<WorkloadLogLine> {
  let from = 1;
  for (;;) {
    const parts = await listParts(db, owner, from, after);
    if (parts.length === 0) return;
    for (const part of parts) {
      for await (const line of linesOf(store, part)) {
        if (after === undefined || line.cursor > after) yield line;
      }
      from = part.part + 1;
    }
  }
}

async function* linesOf(store: ArchiveParts['store'], { name }: LogPart): AsyncGenerator<WorkloadLogLine> {
  for await (const text of textsOf(store, name)) {
    const { cursor, message } = parseKeptLine(text);
    const stamp = parseCursor(cursor)?.timestamp;
    yield { cursor, message, timestamp: stamp === undefined ? undefined : new Date(stamp) };
  }
}

async function* textsOf(store: ArchiveParts['store'], name: string): AsyncGenerator<string> {
  try {
    const stream = await store.read(name);
    try {
      for await (const { text } of textLines(stream)) yield text;
    } finally {
      stream.destroy();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ApiError('LogStoreError', `The log store cannot be read: ${reason}`, { cause: error });
  }
}

function ownerOf(name: string): LogOwner {
  // Of another name nothing is kept.
  return parseWorkloadName(name) ?? { runId: '', number: 0 };
}
