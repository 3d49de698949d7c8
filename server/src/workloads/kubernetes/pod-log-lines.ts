import { formatCursor, type LogPlace } from '../logs/cursor.ts';
import type { WorkloadLogLine } from '../manager.ts';

/** A line of a pod's log. */
export interface PodLogLine extends WorkloadLogLine {
  readonly place: LogPlace;
}

/**
 * Takes the lines of a pod's log, `2026-01-31T08:15:00.123456789Z message`, in the order of its file. Their stamps need not
 * rise: the runtime stamps what comes from stdout and from stderr before either waits for the file, and a node's clock may be
 * set back. Their places do: such a line counts on from the latest stamp before it.
 * @returns takes the next line; nothing where that has no stamp
 */
export function createPodLogLines(attempt: number): (text: string) => PodLogLine | undefined {
  let latest = '';
  let index = 0;
  let lag = 0;
  return (text) => {
    const space = text.indexOf(' ');
    const stamp = toUtc(space === -1 ? text : text.slice(0, space));
    if (stamp === undefined) return undefined;
    if (stamp > latest) {
      latest = stamp;
      index = 0;
      lag = 0;
    } else {
      index += 1;
      if (stamp < latest) lag = Math.max(lag, secondOf(latest) - secondOf(stamp));
    }
    const place = { attempt, timestamp: latest, index, lag };
    return {
      place,
      cursor: formatCursor(place),
      message: space === -1 ? '' : text.slice(space + 1),
      timestamp: new Date(latest),
    };
  };
}

/**
 * How much earlier it is read again, seconds. The node leaves out each line that is stamped before the time it is asked for,
 * wherever it stands: also one after the last that was read, stamped shortly before it. What a clock is set back by at once must
 * not be more, right where it is read on.
 */
const OVERLAP = 2;

/** From when on a log is asked for so that it goes on after a place, in whole seconds as the API server takes them. */
export function sinceTimeOf({ timestamp, lag }: LogPlace): string {
  return `${toSeconds(secondOf(timestamp) - lag - OVERLAP)}Z`;
}

const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** Stamps are in the node's time zone. @returns with all nine decimals; `undefined` where it is no stamp */
function toUtc(stamp: string): string | undefined {
  const [, local = '', decimals = '', zone] = STAMP.exec(stamp) ?? [];
  if (zone === 'Z' && decimals.length === 9) return stamp;
  const time = Date.parse(`${local}${zone}`);
  return Number.isNaN(time) ? undefined : `${toSeconds(time / 1000)}.${decimals.padEnd(9, '0')}Z`;
}

/** Seconds since 1970. */
function secondOf(timestamp: string): number {
  return Date.parse(`${timestamp.slice(0, 19)}Z`) / 1000;
}

function toSeconds(second: number): string {
  return new Date(second * 1000).toISOString().slice(0, 19);
}
