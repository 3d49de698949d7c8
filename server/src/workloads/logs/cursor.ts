/*
 * A cursor names the place after a line of a workload's log. It is made of what Kubernetes says of the line, so that every
 * reader, live or from an archive, and every replica gives the same line the same cursor. Cursors sort as texts.
 */

/** Where a line is. */
export interface LogPlace {
  /** Which of the workload's pods: when it was made, seconds since 1970. */
  readonly attempt: number;
  /** The latest stamp of the lines up to this one: RFC 3339 with nanoseconds, UTC. */
  readonly timestamp: string;
  /** Which of the lines since that one, 0 for itself. */
  readonly index: number;
  /** By how many seconds these were stamped before it, at most. */
  readonly lag: number;
}

/** `1769847300~2026-01-31T08:15:00.123456789Z~00000000`, and `~2` where lines were stamped in the second before the last. */
export function formatCursor({ attempt, timestamp, index, lag }: LogPlace): string {
  return `${attempt}~${timestamp}~${String(index).padStart(8, '0')}${lag === 0 ? '' : `~${lag}`}`;
}

const ROTATED = '~rotated';

/** Names the place after what is said between a line and the next one: it sorts between these two. */
export function cursorOfRotation(before: string): string {
  return before + ROTATED;
}

/** @returns of the line before it, where something is said between two; `undefined` where the text is no cursor */
export function parseCursor(cursor: string): LogPlace | undefined {
  const match = /^(\d+)~(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z)~(\d{5,})(?:~(\d+))?(?:~rotated)?$/.exec(cursor);
  if (!match) return undefined;
  const [, attempt = '', timestamp = '', index = '', lag = '0'] = match;
  return { attempt: Number(attempt), timestamp, index: Number(index), lag: Number(lag) };
}
