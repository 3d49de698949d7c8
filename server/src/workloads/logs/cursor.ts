/*
 * A cursor names the place after a line of a workload's log. It is made of what Kubernetes says of the line, so that every
 * reader, live or from an archive, and every replica gives the same line the same cursor. Cursors sort as texts.
 */

/** Where a line is. */
export interface LogPlace {
  /** Which of the workload's pods: when it was made, seconds since 1970. */
  readonly attempt: number;
  /** RFC 3339 with nanoseconds, UTC, as the container runtime stamped the line. */
  readonly timestamp: string;
  /** Which of the lines with this timestamp, 0 for the first. */
  readonly index: number;
}

/** `1769847300~2026-01-31T08:15:00.123456789Z~00000`; the timestamp gets all its nine decimals. */
export function formatCursor({ attempt, timestamp, index }: LogPlace): string {
  return `${padded(attempt)}~${withNanoseconds(timestamp)}~${padded(index)}`;
}

/** @returns `undefined` where the text is no cursor */
export function parseCursor(cursor: string): LogPlace | undefined {
  const match = /^(\d{5,})~(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z)~(\d{5,})$/.exec(cursor);
  if (!match) return undefined;
  const [, attempt = '', timestamp = '', index = ''] = match;
  return { attempt: Number(attempt), timestamp, index: Number(index) };
}

const padded = (count: number): string => String(count).padStart(5, '0');

function withNanoseconds(timestamp: string): string {
  const [seconds = '', decimals = ''] = timestamp.replace(/Z$/, '').split('.');
  return `${seconds}.${decimals.padEnd(9, '0').slice(0, 9)}Z`;
}
