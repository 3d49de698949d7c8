import type { Model } from '../../contract/operation-types.ts';

/** Which entries of a log are wanted. */
export interface LogPaging {
  /** Entries after this cursor; from the oldest one without it. */
  readonly after?: string | undefined;
  /** How many at most; 1 or more. */
  readonly limit: number;
}

/** Some entries of a log, oldest first. */
export interface LogPage {
  readonly items: Model<'LogEntry'>[];
  /** The cursor for what comes after them; `undefined` where there is no more, for now. */
  readonly after: string | undefined;
}

const WARNING = 30;

/** The entries of a page, and, where it is cut off, a last one that says so: for answers that have no cursor. */
export function entriesWithNotice({ items, after }: LogPage, logsId: string): Model<'LogEntry'>[] {
  if (after === undefined) return items;
  const message =
    `The log goes on: these are its first ${items.length} entries. ` +
    `The next ones: GET /api/v1/logs/${logsId}/entries?after=${encodeURIComponent(after)}`;
  return [...items, { message, level: WARNING, chunk_index: 0, total_chunks: 1 }];
}
