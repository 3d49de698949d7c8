import { Readable } from 'node:stream';
import type { Model } from '../../contract/operation-types.ts';
import { createOwnFlag } from '../../contract/own-flag.ts';
import type { RequestContext } from '../../contract/registry.ts';
import { Reply } from '../../contract/reply.ts';

/** An entry of a log that is followed. */
export interface FollowedEntry {
  /** The place after it: where a client that was cut off goes on. */
  readonly cursor: string;
  readonly entry: Model<'LogEntry'>;
}

/** Begins to follow a log. It ends with the log, or when `signal` does. */
export type FollowLog = (after: string | undefined, signal: AbortSignal) => AsyncIterable<FollowedEntry>;

/** How often a sign of life is sent while nothing is logged, milliseconds: proxies close what is silent for a minute. */
const HEARTBEAT = 15_000;
/** How soon a client comes back after it was cut off, milliseconds. */
const RETRY = 1_000;

/** Whether a client wants the log as server-sent events: `Accept: text/event-stream`, or `follow=true` in the query. */
export function asksToFollow(request: Pick<RequestContext, 'url' | 'headers'>): boolean {
  return hasFollow(request) || String(request.headers['accept'] ?? '').includes('text/event-stream');
}

const hasFollow = createOwnFlag('follow');

/**
 * Sends a log as server-sent events: `id` is the entry's cursor, `data` the entry as JSON. The event `end` says that no
 * more comes. A client that comes back with `Last-Event-ID` gets what it has not seen. Slow clients slow down the reading.
 */
export function toEventStream(follow: FollowLog, { headers, signal }: RequestContext): Reply<never> {
  const after = headers['last-event-id'];
  const ending = new AbortController();
  signal.addEventListener('abort', () => ending.abort(), { once: true });
  const entries = follow(typeof after === 'string' && after !== '' ? after : undefined, ending.signal);
  const raw = Readable.from(eventsOf(entries, ending.signal), { objectMode: false });
  // A client that has gone frees the log at once, also while it waits for the next line.
  raw.once('close', () => ending.abort());
  return new Reply<never>(undefined, {
    raw,
    headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
  });
}

async function* eventsOf(entries: AsyncIterable<FollowedEntry>, signal: AbortSignal): AsyncGenerator<string> {
  // The headers go out with the first bytes.
  yield `retry: ${RETRY}\n\n`;
  const iterator = entries[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    while (!signal.aborted) {
      const result = await orHeartbeat(next);
      if (result === 'heartbeat') {
        yield ': waiting\n\n';
        continue;
      }
      if (result.done) break;
      yield `id: ${result.value.cursor}\ndata: ${JSON.stringify(result.value.entry)}\n\n`;
      next = iterator.next();
    }
    if (!signal.aborted) yield 'event: end\ndata: {}\n\n';
  } catch (error) {
    if (signal.aborted) return;
    const message = error instanceof Error ? error.message : String(error);
    yield `event: problem\ndata: ${JSON.stringify({ message })}\n\n`;
  } finally {
    // Nobody waits for it any more.
    next.catch(() => undefined);
    await iterator.return?.();
  }
}

async function orHeartbeat<Result>(next: Promise<Result>): Promise<Result | 'heartbeat'> {
  let timer: NodeJS.Timeout | undefined;
  const heartbeat = new Promise<'heartbeat'>((resolve) => {
    timer = setTimeout(() => resolve('heartbeat'), HEARTBEAT);
  });
  try {
    return await Promise.race([next, heartbeat]);
  } finally {
    clearTimeout(timer);
  }
}
