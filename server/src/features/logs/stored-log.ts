import type { Readable } from 'node:stream';
import { type ArtifactStore, NoSuchFileError } from '../../artifact-stores/artifact-store.ts';
import { ApiError, valueError } from '../../errors.ts';
import { toLogEntry } from './log-entry.ts';
import type { LogPage, LogPaging } from './log-page.ts';

/** A place in a stored log: a file of it, and the bytes before the next line. */
interface Place {
  readonly uri: string;
  readonly offset: number;
}

/**
 * Reads entries of a log that ZenML's SDK has written to an artifact store: a file, or a directory of files in the order
 * of their names. No more of it is held than the page.
 * @throws ApiError ValueError 400 for a cursor of another log
 */
export async function readStoredLog(store: ArtifactStore, uri: string, paging: LogPaging): Promise<LogPage> {
  const from = paging.after === undefined ? undefined : parsePlace(paging.after);
  const items: LogPage['items'] = [];
  let place: Place | undefined;
  for await (const file of filesOf(store, uri)) {
    if (from && file < from.uri) continue;
    const start = file === from?.uri ? from.offset : 0;
    for await (const { text, end } of linesOf(store, file, start)) {
      const entry = toLogEntry(text);
      if (!entry) continue;
      // Only now is it known that the page is cut off.
      if (items.length === paging.limit) return { items, after: place && formatPlace(place) };
      items.push(entry);
      place = { uri: file, offset: end };
    }
  }
  return { items, after: undefined };
}

async function* filesOf(store: ArtifactStore, uri: string): AsyncGenerator<string> {
  const thing = await store.stat(uri);
  if (thing?.kind === 'file') yield uri;
  if (thing?.kind !== 'directory') return;
  let isEmpty = true;
  for await (const file of store.list(uri)) {
    isEmpty = false;
    yield file.uri;
  }
  if (isEmpty) throw new ApiError('DoesNotExistException', `Folder '${uri}' is empty in the artifact store.`);
}

interface Line {
  readonly text: string;
  /** The bytes of the file up to the next line. */
  readonly end: number;
}

const NEWLINE = 10;

async function* linesOf(store: ArtifactStore, uri: string, start: number): AsyncGenerator<Line> {
  const stream = await open(store, uri, start);
  if (!stream) return;
  let rest: Buffer = Buffer.alloc(0);
  let position = start;
  for await (const chunk of stream) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    let from = 0;
    for (let end = rest.indexOf(NEWLINE, from); end >= 0; end = rest.indexOf(NEWLINE, from)) {
      yield { text: rest.toString('utf8', from, end), end: position + end + 1 };
      from = end + 1;
    }
    position += from;
    rest = rest.subarray(from);
  }
  if (rest.length > 0) yield { text: rest.toString('utf8'), end: position + rest.length };
}

async function open(store: ArtifactStore, uri: string, start: number): Promise<Readable | undefined> {
  if (start === 0) {
    // Deleted since it was listed.
    return store.read(uri).catch((error: unknown) => {
      if (error instanceof NoSuchFileError) return undefined;
      throw error;
    });
  }
  const thing = await store.stat(uri);
  // Nothing after the end is a range that stores refuse.
  if (thing?.kind !== 'file' || thing.size <= start) return undefined;
  return store.read(uri, { start });
}

function formatPlace({ uri, offset }: Place): string {
  return Buffer.from(`${offset} ${uri}`, 'utf8').toString('base64url');
}

function parsePlace(cursor: string): Place {
  const match = /^(\d+) (.+)$/s.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (!match) throw valueError(`'${cursor}' is no cursor of this log.`);
  return { offset: Number(match[1]), uri: match[2] ?? '' };
}
