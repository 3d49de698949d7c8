import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkloadStatus } from '../manager.ts';
import type { SeenJob, SeenPod } from './seen.ts';
import { createWorkloadTable } from './workload-table.ts';

const whose = { workload: 'w', runId: 'r', launchNumber: 1 };
const job = (outcome: SeenJob['outcome']): SeenJob => ({
  ...whose,
  uid: 'j',
  created: new Date(),
  outcome,
  isFailing: outcome === 'failed',
  reason: outcome && 'BackoffLimitExceeded',
  ended: undefined,
});
const failedPod: SeenPod = {
  ...whose,
  name: 'w-1',
  uid: 'p',
  created: new Date(),
  phase: 'Failed',
  isDeleted: false,
  endsBy: undefined,
  reason: undefined,
  message: undefined,
  disruption: undefined,
  unschedulable: undefined,
  container: {
    name: 'runner',
    image: 'i',
    memoryLimit: undefined,
    waitingReason: undefined,
    waitingMessage: undefined,
    started: undefined,
    exitCode: 3,
    exitReason: 'Error',
    lastLines: 'ValueError: x',
    ended: undefined,
  },
};

test.each<[string, SeenJob, Partial<WorkloadStatus>]>([
  ['a failed pod that its Job replaces', job(undefined), { phase: 'running' }],
  ['a failed Job', job('failed'), { phase: 'failed', reason: 'its process ended with exit code 3: ValueError: x' }],
])('%s is told only when both are known, in whichever order they are seen', (_what, seen, status) => {
  for (const isJobFirst of [true, false]) {
    const told: WorkloadStatus[] = [];
    const table = createWorkloadTable((one) => told.push(one));
    table.hold();
    if (isJobFirst) table.replaceJobs([seen]);
    table.replacePods([failedPod]);
    if (!isJobFirst) table.replaceJobs([seen]);
    expect([told, table.statuses()]).toEqual([[], []]);
    table.release();
    expect(told).toMatchObject([status]);
  }
});

test.each([
  ['Jobs', true],
  ['pods', false],
])('of what went with its pod during an outage nothing is left, the %s being listed first', (_what, isJobFirst) => {
  const told: WorkloadStatus[] = [];
  const table = createWorkloadTable((one) => told.push(one));
  table.upsertJob(job(undefined));
  table.upsertPod({ ...failedPod, phase: 'Running' });
  if (isJobFirst) table.replaceJobs([]);
  table.replacePods([]);
  if (!isJobFirst) table.replaceJobs([]);
  expect(told.at(-1)).toMatchObject({ phase: 'absent' });
  expect(table.statuses()).toEqual([]);
});

test('a Job that has failed before its pod has ended is told as failed when the pod goes, with what was seen of it', () => {
  const told: WorkloadStatus[] = [];
  const table = createWorkloadTable((one) => told.push(one));
  const leaving = { ...failedPod, phase: 'Running', isDeleted: true, endsBy: new Date(Date.now() + 30_000) };
  table.upsertPod(leaving);
  table.upsertJob(job('failed'));
  expect(table.statuses()).toMatchObject([{ phase: 'running' }]);
  table.removePod(leaving);
  expect(told).toMatchObject([{ phase: 'running' }, { phase: 'failed', reason: 'its pod was deleted' }]);
});

test('a pod that its node should have ended is a lost one by and by, without being told of', async () => {
  const table = createWorkloadTable(() => undefined);
  table.upsertJob({ ...job(undefined), isFailing: true });
  table.upsertPod({ ...failedPod, phase: 'Running', isDeleted: true, endsBy: new Date(Date.now() - 59_900) });
  await sleep(200);
  expect(table.statuses()).toMatchObject([{ phase: 'failed' }]);
});
