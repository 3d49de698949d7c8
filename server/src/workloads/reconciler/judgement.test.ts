import type { WorkloadStatus } from '../manager.ts';
import { isToBeConfirmed, judge } from './judgement.ts';
import type { LaunchedRun } from './launched-runs.ts';

const NOW = new Date('2026-01-31T12:00:00Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);

const RESUMING = { runStatus: 'resuming', kind: 'resume' } as const;
const STOPPING = { runStatus: 'stopping', kind: 'resume' } as const;
const GIVEN_UP = { runStatus: 'paused', kind: 'resume', isLaunched: false, isGivenUp: true } as const;

type Seen = Partial<Pick<WorkloadStatus, 'phase' | 'reason' | 'since'>>;

function verdictOn(launch: Partial<LaunchedRun>, seen: Seen) {
  const run = {
    runId: 'run',
    number: 1,
    kind: 'start',
    isLaunched: true,
    isGivenUp: false,
    isNewest: true,
    secondsSinceClaim: 0,
    time: NOW,
  } as const;
  const workload = {
    name: 'w',
    runId: 'run',
    launchNumber: 1,
    phase: 'running',
    reason: undefined,
    since: ago(1),
  } as const;
  return judge({ ...run, runStatus: 'initializing', ...launch }, { ...workload, ...seen }, 180);
}

test.each<[string, Partial<LaunchedRun>, Seen, string]>([
  ['a run that was deleted', { runStatus: undefined }, { phase: 'running' }, 'remove'],
  ['a run that was stopped', { runStatus: 'stopped' }, { phase: 'succeeded' }, 'remove'],
  ['a run that has failed, and its pod waits', { runStatus: 'failed' }, { phase: 'pending' }, 'remove'],
  ['a run that has ended before its runner', { runStatus: 'completed' }, { phase: 'running' }, 'wait'],
  ['a run that has ended', { runStatus: 'completed' }, { phase: 'succeeded' }, 'close'],
  ['a run that was resumed', { runStatus: 'resuming', isNewest: false }, { phase: 'failed' }, 'close'],
  ['a run that goes on', { runStatus: 'running' }, { phase: 'absent' }, 'close'],
  ['a run that waits for an answer', { runStatus: 'paused' }, { phase: 'failed' }, 'close'],
  ['a run that its orchestrator has', { runStatus: 'provisioning' }, { phase: 'failed' }, 'close'],
  ['a run that its orchestrator has while its runner ends', { runStatus: 'running' }, { phase: 'running' }, 'wait'],
  ['a run that its user resumes', { runStatus: 'resuming' }, { phase: 'succeeded', since: ago(3601) }, 'wait'],
  ['a run whose orchestrator resumes it', RESUMING, { phase: 'succeeded', since: ago(3599) }, 'wait'],
  [
    'a run that is to stop, and that its orchestrator has',
    { ...STOPPING, kind: 'start' },
    { phase: 'failed' },
    'close',
  ],
  ['a run that is to stop, and is resumed', STOPPING, { phase: 'running' }, 'wait'],
  ['a run that is to stop, and was resumed', STOPPING, { phase: 'succeeded' }, 'close'],
  ['a run that is to stop before its pod resumes it', STOPPING, { phase: 'pending' }, 'fail'],
  ['a run that is to stop, and was not resumed', STOPPING, { phase: 'failed' }, 'fail'],
  ['a run that is to stop, and nothing resumes', STOPPING, { phase: 'absent' }, 'fail'],
  ['a run that is to stop while a replica resumes it', { ...STOPPING, isLaunched: false }, { phase: 'absent' }, 'wait'],
  ['a launch that was given up before its runner resumed its run', { ...GIVEN_UP }, { phase: 'pending' }, 'remove'],
  ['a launch that was given up, and has left nothing', { ...GIVEN_UP }, { phase: 'absent' }, 'close'],
  ['a launch that was given up although its runner had begun', { ...GIVEN_UP, runStatus: 'running' }, {}, 'wait'],
  ['a launch that a replica works on', { isLaunched: false }, { phase: 'absent' }, 'wait'],
  ['a pod that is starting', {}, { phase: 'pending' }, 'wait'],
  ['a pod that should have started', {}, { phase: 'pending', since: ago(6) }, 'ask'],
  ['a pod whose image is large', {}, { phase: 'pending', since: ago(31) }, 'wait'],
  ['a pod that cannot start yet', {}, { phase: 'pending', reason: 'no node can run its pod' }, 'explain'],
])('%s', (_title, launch, seen, action) => {
  expect(verdictOn(launch, seen).action).toBe(action);
});

test.each<[string, Partial<LaunchedRun>, Seen, string]>([
  ['its runner failed', {}, { phase: 'failed', reason: 'killed: out of memory' }, 'killed: out of memory'],
  ['its runner did nothing', {}, { phase: 'succeeded' }, 'its runner ended without beginning the run'],
  ['its Job is gone', {}, { phase: 'absent' }, 'its runner is gone: its Job was deleted before it began the run'],
  [
    'nobody resumes it',
    RESUMING,
    { phase: 'succeeded', since: ago(3601) },
    'its runner ended, and its orchestrator did not resume the run within an hour',
  ],
  [
    'its pod does not start',
    {},
    { phase: 'pending', since: ago(181), reason: 'no node can run its pod: 0/1 nodes are available' },
    'its runner has not started within 180 s: no node can run its pod: 0/1 nodes are available',
  ],
])('a run fails where %s', (_title, launch, seen, reason) => {
  expect(verdictOn(launch, seen)).toMatchObject({ action: 'fail', reason });
});

test('what may have changed since the list is looked at again, and what still could start is removed', () => {
  const absent = { phase: 'absent' } as WorkloadStatus;
  const slow = { phase: 'pending', since: ago(6) } as WorkloadStatus;
  const pending = { phase: 'pending', since: ago(181) } as WorkloadStatus;
  const failed = { phase: 'failed' } as WorkloadStatus;
  expect(verdictOn({}, pending)).toMatchObject({ remove: true });
  expect(verdictOn({}, failed)).toMatchObject({ remove: false });
  const isConfirmed = (launch: { isGivenUp: boolean }, seen: WorkloadStatus) =>
    isToBeConfirmed(verdictOn(launch, seen), launch, seen);
  const launched = { isGivenUp: false };
  expect([absent, slow, pending, failed].map((seen) => isConfirmed(launched, seen))).toEqual([true, true, true, false]);
  expect([absent, failed].map((seen) => isConfirmed({ isGivenUp: true }, seen))).toEqual([true, false]);
});
