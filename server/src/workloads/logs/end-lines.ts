import { toLogEntry } from '../../features/logs/log-entry.ts';
import type { FollowedEntry } from '../../features/logs/log-events.ts';
import type { LaunchEnd } from '../dispatcher/launch-end-store.ts';

/*
 * What the server adds to the log of a runner that did not begin its run: the reason in full, and what was seen last.
 */

/** Marks the cursors of these lines, which no workload's log has. */
const MARK = 'end~';
const LEVELS = { info: 20, warning: 30, error: 40 } as const;

/** Whether a cursor is one of these lines'. */
export function isEndCursor(cursor: string | undefined): boolean {
  return cursor?.startsWith(MARK) ?? false;
}

/**
 * The lines after a cursor, with theirs.
 * @param withLastLines whether the log itself has none (any more), so that its last lines are told here
 */
export function endLines(end: LaunchEnd, after: string | undefined, withLastLines: boolean): FollowedEntry[] {
  const { reason, lastSeen } = end;
  const all: [keyof typeof LEVELS, string, boolean][] = [
    ...lastSeen.lastLines.map((line): [keyof typeof LEVELS, string, boolean] => ['info', line, withLastLines]),
    ...lastSeen.events.map((event): [keyof typeof LEVELS, string, boolean] => [
      / Warning /.test(event) ? 'warning' : 'info',
      event,
      true,
    ]),
    ['error', `The runner did not begin the run: ${reason}`, true],
  ];
  const seen = isEndCursor(after) ? Number(after?.slice(MARK.length)) : 0;
  return all.flatMap(([level, text, isTold], index) => {
    // The places of lines that are not told are kept free: cursors stay the same.
    const entry = isTold && index >= seen ? toLogEntry(text, end.at) : undefined;
    return entry ? [{ cursor: `${MARK}${index + 1}`, entry: { ...entry, level: LEVELS[level] } }] : [];
  });
}
