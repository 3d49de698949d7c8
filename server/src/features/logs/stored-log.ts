import type { Readable } from 'node:stream';
import { type ArtifactStore, NoSuchFileError } from '../../artifact-stores/artifact-store.ts';
import { ApiError, valueError } from '../../errors.ts';
import { textLines } from '../../text-lines.ts';
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
    const stream = await open(store, file, start);
    if (!stream) continue;
    for await (const { text, end } of textLines(stream)) {
      const entry = toLogEntry(text);
      if (!entry) continue;
      // Only now is it known that the page is cut off.
      if (items.length === paging.limit) return { items, after: place && formatPlace(place) };
      items.push(entry);
      place = { uri: file, offset: start + end };
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
