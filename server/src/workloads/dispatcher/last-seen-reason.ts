import type { LastSeen } from '../manager.ts';
import { tellingLine } from '../telling-line.ts';

/** What a status reason quotes of a line, and of an event, at most: both fit in beside the reason itself. */
const LONGEST_QUOTE = 90;
/** Among how many of the newest events a warning counts for more than what came after it; older ones were survived. */
const NEWEST = 3;

/** A reason with the last line of the log and the newest event, unless it says as much already. */
export function withLastSeen(reason: string, { events, lastLines }: LastSeen): string {
  const line = tellingLine(lastLines);
  const event = messageOf(events.slice(-NEWEST).findLast((candidate) => / Warning /.test(candidate)) ?? events.at(-1));
  return [
    reason,
    ...(line === undefined || says(reason, line) ? [] : [`last line: ${quote(line)}`]),
    ...(event === undefined || says(reason, event) ? [] : [`last event: ${quote(event)}`]),
  ].join('; ');
}

/** Without when it was and what it was of. */
function messageOf(event: string | undefined): string | undefined {
  return event?.replace(/^\S+ \w+ (\w+) of \S+ \S+: /, '$1: ');
}

/** A reason may have the text in other words at its end: a few of its characters tell. */
function says(reason: string, text: string): boolean {
  return reason.includes(
    text
      .replace(/^\w+: /, '')
      .trim()
      .slice(0, 40),
  );
}

function quote(text: string): string {
  const line = text.trim();
  return line.length <= LONGEST_QUOTE ? line : `${line.slice(0, LONGEST_QUOTE - 1)}…`;
}
