import { withLastSeen } from './last-seen-reason.ts';

const event = (type: string, reason: string, message: string) =>
  `2026-01-31T08:15:00Z ${type} ${reason} of pod zenml-run-1-1-abcde: ${message}`;

test.each<[string, string, string[], string[], string]>([
  ['nothing was seen', 'its Job was deleted', [], [], 'its Job was deleted'],
  [
    'a traceback is followed by the rest of its message',
    'its Job was deleted',
    ['Traceback:', 'ValueError: no such column', '  a: int'],
    [],
    'its Job was deleted; last line: ValueError: no such column',
  ],
  [
    'a warning says more than what came after it',
    'its pod was evicted',
    [],
    [event('Warning', 'Evicted', 'The node was low on memory'), event('Normal', 'Killing', 'Stopping container')],
    'its pod was evicted; last event: Evicted: The node was low on memory',
  ],
  [
    'a warning was survived',
    'its pod was deleted',
    [],
    [
      event('Warning', 'BackOff', 'Back-off pulling image'),
      ...['Pulled', 'Created', 'Started'].map((it) => event('Normal', it, it)),
    ],
    'its pod was deleted; last event: Started: Started',
  ],
  [
    'the reason says it already',
    'exit code 1: no cluster; no node can run its pod: 0/1 nodes are available: 1 node(s) did not…',
    ['no cluster'],
    [event('Warning', 'FailedScheduling', '0/1 nodes are available: 1 node(s) did not match')],
    'exit code 1: no cluster; no node can run its pod: 0/1 nodes are available: 1 node(s) did not…',
  ],
  ['a line is long', 'gone', ['x'.repeat(200)], [], `gone; last line: ${'x'.repeat(89)}…`],
])('where %s', (_title, reason, lastLines, events, told) => {
  expect(withLastSeen(reason, { lastLines, events })).toBe(told);
});
