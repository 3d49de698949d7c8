import type { V1ContainerState, V1ContainerStatus, V1Job, V1Pod, V1PodStatus } from '@kubernetes/client-node';
import { LABELS } from './labels.ts';
import { seeJob, seePod } from './seen.ts';
import { statusOf } from './workload-status.ts';

const labels = { [LABELS.workload]: 'w', [LABELS.run]: 'r', [LABELS.launch]: '1', [LABELS.component]: 'runner' };

const job = (ending?: 'Complete' | 'Failed' | 'FailureTarget', reason?: string): V1Job => ({
  metadata: { labels },
  status: ending ? { conditions: [{ type: ending, status: 'True', ...(reason && { reason }) }] } : {},
});

const pod = (status: V1PodStatus, uid = 'a', created = '2026-01-01T00:00:00Z'): V1Pod => ({
  metadata: { labels, uid, creationTimestamp: created as unknown as Date },
  spec: { containers: [{ name: 'runner', image: 'registry/image:1', resources: { limits: { memory: '700Mi' } } }] },
  status,
});

const container = (phase: string, state: V1ContainerState): V1PodStatus => ({
  phase,
  containerStatuses: [
    { name: 'runner', image: '', imageID: '', ready: false, restartCount: 0, state } as V1ContainerStatus,
  ],
});

const waiting = (reason: string, message?: string) =>
  pod(container('Pending', { waiting: { reason, ...(message && { message }) } }));
const ended = (exitCode: number, reason: string, message?: string) =>
  pod(container('Failed', { terminated: { exitCode, reason, ...(message && { message }) } }));
const disrupted = (reason: string) =>
  pod({ phase: 'Failed', conditions: [{ type: 'DisruptionTarget', status: 'True', reason }] });

/** On a node that has died: it is never said to have ended. */
const leaving = (deletionTimestamp: Date) => {
  const running = pod(container('Running', { running: {} }));
  return { ...running, metadata: { ...running.metadata, deletionTimestamp } };
};

/** Its runner has ended, and a container that was added has not. */
const kept = (exitCode: number, finishedAt: Date) =>
  pod(container('Running', { terminated: { exitCode, finishedAt } }));

const FAILED = job('Failed', 'BackoffLimitExceeded');
const FAILING = job('FailureTarget', 'BackoffLimitExceeded');
const LONG_AGO = new Date('2026-01-01T00:00:00Z');

test.each<[string, V1Job | undefined, V1Pod[], string, string | undefined]>([
  ['a new Job', job(), [], 'pending', undefined],
  ['a pod that pulls', job(), [waiting('ContainerCreating')], 'pending', undefined],
  ['a pod that runs', job(), [pod(container('Running', { running: {} }))], 'running', undefined],
  ['a pod that has just ended', job(), [pod({ phase: 'Succeeded' })], 'running', undefined],
  ['a Job that is complete', job('Complete'), [], 'succeeded', undefined],
  [
    'no such image',
    job(),
    [waiting('ErrImagePull', 'failed to resolve reference: registry/image:1: not found')],
    'pending',
    'the image registry/image:1 cannot be pulled: it is not in the registry',
  ],
  [
    'no pull secret',
    job(),
    [waiting('ImagePullBackOff', 'failed to authorize: 401 Unauthorized')],
    'pending',
    'the image registry/image:1 cannot be pulled: the registry refuses it (pull secret or permission of the service account?)',
  ],
  [
    'no node',
    job(),
    [
      pod({
        phase: 'Pending',
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            message: '0/3 nodes are available: 3 node(s) did not match. preemption: 0/3 nodes are available.',
          },
        ],
      }),
    ],
    'pending',
    'no node can run its pod: 0/3 nodes are available: 3 node(s) did not match',
  ],
  ['out of memory', FAILED, [ended(137, 'OOMKilled')], 'failed', 'killed: out of memory (limit 700Mi)'],
  [
    'an exception',
    FAILED,
    [ended(1, 'Error', 'Traceback (most recent call last):\n  File …\nValueError: no\n  such column\n')],
    'failed',
    'its process ended with exit code 1: ValueError: no',
  ],
  [
    'an eviction by the node',
    FAILED,
    [pod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory. Threshold …' })],
    'failed',
    'its pod was evicted: The node was low on resource: memory',
  ],
  ['an eviction by the API', FAILED, [disrupted('EvictionByEvictionAPI')], 'failed', 'its pod was evicted'],
  ['a lost node', FAILED, [disrupted('DeletionByPodGC')], 'failed', 'its node is gone'],
  ['a pod that nobody saw', FAILED, [], 'failed', 'its pod failed or was deleted'],
  ['a deadline', job('Failed', 'DeadlineExceeded'), [], 'failed', 'it ran for longer than its Job may'],
  [
    'the latest of several pods',
    job(),
    [pod(container('Running', { running: {} }), 'b', '2026-01-01T00:01:00Z'), ended(1, 'Error')],
    'running',
    undefined,
  ],
  ['a pod that has yet to end', FAILING, [leaving(new Date(Date.now() + 30_000))], 'running', undefined],
  ['a pod that its node should have ended', FAILING, [leaving(LONG_AGO)], 'failed', 'its pod was deleted'],
  [
    'a pod that has yet to end, to Kubernetes 1.30',
    FAILED,
    [leaving(new Date(Date.now() + 30_000))],
    'running',
    undefined,
  ],
  ['a pod that its node should have ended, there', FAILED, [leaving(LONG_AGO)], 'failed', 'its pod was deleted'],
  [
    'a pod that has yet to end beside the one that replaced it',
    FAILED,
    [leaving(new Date(Date.now() + 30_000)), ended(1, 'Error')],
    'running',
    undefined,
  ],
  ['a pod that its Job replaces once its node is gone', job(), [leaving(LONG_AGO)], 'running', undefined],
  ['a pod that another container has kept for a second', job(), [kept(1, new Date())], 'running', undefined],
  ['a pod that another container keeps', job(), [kept(0, LONG_AGO)], 'succeeded', undefined],
  ['one whose runner failed', job(), [kept(1, LONG_AGO)], 'failed', 'its process ended with exit code 1'],
  ['a pod without its Job', undefined, [pod({ phase: 'Succeeded' })], 'succeeded', undefined],
])('%s', (_what, aJob, pods, phase, reason) => {
  const status = statusOf(
    aJob && seeJob(aJob),
    pods.flatMap((aPod) => seePod(aPod) ?? []),
  );
  expect(status).toMatchObject({ name: 'w', runId: 'r', launchNumber: 1, phase, reason });
});

test('a container that a service mesh has added says nothing of the runner', () => {
  const alone = ended(3, 'Error', 'ValueError: no');
  const mesh = { name: 'istio-proxy', image: 'registry/mesh:1', resources: { limits: { memory: '1Gi' } } };
  const running = { ...alone.status?.containerStatuses?.[0], name: mesh.name, state: { running: {} } };
  const beside: V1Pod = {
    ...alone,
    spec: { containers: [mesh, ...(alone.spec?.containers ?? [])] },
    status: {
      ...alone.status,
      containerStatuses: [running as V1ContainerStatus, ...(alone.status?.containerStatuses ?? [])],
    },
  };
  expect(seePod(beside)).toEqual(seePod(alone));
});

test('what others run in the namespace is not seen', () => {
  expect(seeJob({ metadata: { labels: { app: 'other' } } })).toBeUndefined();
});

test('a pod that replaces another has its own time to start', () => {
  const seen = seeJob({ ...job(), metadata: { labels, creationTimestamp: LONG_AGO } });
  const replacing = pod(
    container('Pending', { waiting: { reason: 'ContainerCreating' } }),
    'b',
    '2026-01-01T00:05:00Z',
  );
  const pods = [ended(1, 'Error'), replacing].flatMap((aPod) => seePod(aPod) ?? []);
  expect(statusOf(seen, pods)).toMatchObject({ phase: 'pending', since: new Date('2026-01-01T00:05:00Z') });
});
