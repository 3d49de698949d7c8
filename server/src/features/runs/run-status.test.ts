import {
  type ExecutionStatus,
  failedRunContinues,
  isHeartbeatOverdue,
  nextRunStatus,
  nextStatusReason,
  type StepState,
} from './run-status.ts';

type Steps = readonly ExecutionStatus[];

function next(
  status: ExecutionStatus,
  requested: ExecutionStatus | undefined,
  steps: Steps,
  options: { expected?: number; isDynamic?: boolean; isChild?: boolean; reason?: string } = {},
): ExecutionStatus | undefined {
  const run = { status, isDynamic: options.isDynamic ?? false, isChild: options.isChild ?? false };
  const progress = { statuses: steps, expected: options.expected ?? 2 };
  return nextRunStatus(run, { status: requested, reason: options.reason }, progress);
}

describe('the status of a static run', () => {
  test.each<[ExecutionStatus, ExecutionStatus | undefined, Steps, ExecutionStatus | undefined]>([
    ['initializing', undefined, [], 'initializing'],
    ['initializing', 'provisioning', [], 'provisioning'],
    ['running', 'provisioning', [], undefined],
    ['provisioning', undefined, ['cached'], 'provisioning'],
    ['provisioning', undefined, ['cached', 'cached'], 'completed'],
    ['initializing', undefined, ['running'], 'running'],
    ['running', undefined, ['completed'], 'running'],
    ['running', undefined, ['completed', 'skipped'], 'completed'],
    ['running', undefined, ['retrying'], 'running'],
    ['running', undefined, ['failed', 'running'], 'failed'],
    ['running', 'failed', ['completed'], 'failed'],
    ['running', 'stopping', ['running'], 'stopping'],
    ['running', 'stopping', ['completed'], 'stopped'],
    ['stopping', undefined, ['stopped', 'stopping'], 'stopping'],
    ['stopping', undefined, ['failed', 'completed'], 'stopped'],
    ['running', undefined, ['stopped', 'running'], 'stopping'],
    ['running', undefined, ['stopped', 'completed'], 'stopped'],
    ['completed', 'completed', ['completed', 'completed'], 'completed'],
  ])('%s, asked for %s, steps %j: %s', (status, requested, steps, expected) => {
    expect(next(status, requested, steps)).toBe(expected);
  });

  test.each<[ExecutionStatus, ExecutionStatus, string]>([
    ['running', 'cached', 'Execution status `cached` is not valid for pipeline runs.'],
    ['running', 'retried', 'Execution status `retried` is not valid for pipeline runs.'],
    ['running', 'resuming', 'Only failed or paused runs can be resumed.'],
    ['completed', 'failed', 'Cannot update the status of a finished run.'],
  ])('%s cannot become %s', (status, requested, message) => {
    expect(() => next(status, requested, ['completed', 'completed'])).toThrow(message);
  });
});

describe('the status of a dynamic run', () => {
  test('does not follow its steps', () => {
    expect(next('running', undefined, ['failed'], { isDynamic: true })).toBeUndefined();
    expect(next('running', undefined, ['failed'], { isDynamic: true, reason: 'why' })).toBe('running');
    expect(next('running', 'completed', [], { isDynamic: true })).toBe('completed');
  });

  test('is stopped where it fails while it stops', () => {
    expect(next('stopping', 'failed', [], { isDynamic: true })).toBe('stopped');
    expect(next('stopped', 'failed', [], { isDynamic: true })).toBe('stopped');
  });

  test('resumes after a failure, except in a child run', () => {
    expect(next('failed', 'resuming', [], { isDynamic: true })).toBe('resuming');
    expect(() => next('failed', 'resuming', [], { isDynamic: true, isChild: true })).toThrow(
      'Cannot resume a child run',
    );
    expect(() => next('stopped', 'running', [], { isDynamic: true })).toThrow('finished run');
  });
});

test('the reason goes with the status that it explains', () => {
  const running = { status: 'running', reason: 'old' } as const;
  expect(nextStatusReason(running, 'running', undefined)).toBe('old');
  expect(nextStatusReason(running, 'failed', undefined)).toBeNull();
  expect(nextStatusReason(running, 'failed', 'new')).toBe('new');
  expect(nextStatusReason({ status: 'stopping', reason: 'old' }, 'stopped', undefined)).toBe('old');
});

describe('a failed run continues', () => {
  const upstream = new Map([
    ['a', []],
    ['b', ['a']],
    ['c', ['b']],
    ['side', []],
  ]);
  const step = (name: string, status: ExecutionStatus, overdue = false): StepState => ({ name, status, overdue });

  test.each<[string, StepState[], boolean]>([
    ['while an independent step has not begun', [step('a', 'failed')], true],
    ['while an independent step runs', [step('a', 'failed'), step('side', 'running')], true],
    ['not for a step whose heartbeat is overdue', [step('a', 'failed'), step('side', 'running', true)], false],
    ['not when only dependent steps are left', [step('a', 'failed'), step('side', 'completed')], false],
    ['not when all is done', [step('a', 'completed'), step('b', 'failed'), step('side', 'completed')], false],
  ])('%s', (_title, steps, expected) => {
    expect(failedRunContinues(upstream, steps)).toBe(expected);
  });

  test('while any step is not finished, where the snapshot has no specification', () => {
    expect(failedRunContinues(undefined, [step('a', 'failed'), step('b', 'running')])).toBe(true);
    expect(failedRunContinues(undefined, [step('a', 'failed')])).toBe(false);
  });
});

describe('a heartbeat is overdue', () => {
  const now = new Date('2026-01-01T12:00:00Z');
  const heartbeat = {
    status: 'running',
    start_time: '2026-01-01 11:00:00',
    latest_heartbeat: null,
    heartbeat_threshold: 30,
  } as const;

  test.each([
    ['without one since the start', {}, true],
    ['after a recent one', { latest_heartbeat: '2026-01-01 11:45:00' }, false],
    ['not where none is sent', { heartbeat_threshold: null }, false],
    ['not for a finished step', { status: 'completed' as const }, false],
    ['not before the start', { start_time: null }, false],
  ])('%s', (_title, changes, expected) => {
    expect(isHeartbeatOverdue({ ...heartbeat, ...changes }, now)).toBe(expected);
  });
});
