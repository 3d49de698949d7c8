import type { Workload } from '../manager.ts';
import { runnerJob, runnerSecret } from './runner-job.ts';
import type { JobSettings } from './settings.ts';

const RUN = '11111111-1111-4111-8111-111111111111';
const SETTINGS: JobSettings = {
  namespace: 'zenml',
  serviceAccount: 'runner',
  podResources: { limits: { memory: '700Mi' } },
  nodeSelector: { 'node-pool': 'zenml' },
  tolerations: [{ key: 'node-pool', operator: 'Equal', value: 'zenml', effect: 'NoSchedule' }],
  ttlSecondsAfterFinished: 172800,
  backoffLimit: 0,
  podFailurePolicy: undefined,
  pullSecret: undefined,
  userId: 1000,
  serverId: '22222222-2222-4222-8222-222222222222',
};
const WORKLOAD: Workload = {
  name: 'zenml-run-1',
  runId: RUN,
  launchNumber: 1,
  kind: 'start',
  image: 'registry/image:1',
  command: ['python'],
  arguments: ['-m', 'x'],
  environment: { ZENML_STORE_URL: 'https://zenml' },
  secretEnvironment: { ZENML_STORE_API_TOKEN: 'hunter2' },
  needsClusterAccess: false,
  describedBy: {
    runId: RUN,
    runName: 'train 2026/01/31',
    snapshotId: RUN,
    pipelineId: RUN,
    pipelineName: 'train',
    projectId: RUN,
    userId: undefined,
  },
};

const podOf = (settings: Partial<JobSettings> = {}, secretsIn: 'secret' | 'environment' = 'secret') =>
  runnerJob(WORKLOAD, { ...SETTINGS, ...settings }, secretsIn).spec?.template.spec;

test('a token is in a Secret that goes with the Job, and nowhere in the Job', () => {
  const job = runnerJob(WORKLOAD, SETTINGS, 'secret');
  expect(JSON.stringify(job)).not.toContain('hunter2');
  expect(podOf()?.containers[0]?.env).toContainEqual({
    name: 'ZENML_STORE_API_TOKEN',
    valueFrom: { secretKeyRef: { name: 'zenml-run-1', key: 'ZENML_STORE_API_TOKEN' } },
  });
  const secret = runnerSecret(WORKLOAD, SETTINGS, 'uid-of-job');
  expect(secret.stringData).toEqual({ ZENML_STORE_API_TOKEN: 'hunter2' });
  expect(secret.metadata?.ownerReferences).toEqual([
    { apiVersion: 'batch/v1', kind: 'Job', name: 'zenml-run-1', uid: 'uid-of-job' },
  ]);
});

test('a role without Secrets leaves the token to the environment', () => {
  expect(podOf({}, 'environment')?.containers[0]?.env).toContainEqual({
    name: 'ZENML_STORE_API_TOKEN',
    value: 'hunter2',
  });
});

test('the pod is as restricted as the Pod Security Standard asks', () => {
  expect(podOf()).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [{ securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
  });
});

test('an image that needs root gets it where it is asked for', () => {
  expect(podOf({ userId: 0 })?.securityContext).toMatchObject({ runAsNonRoot: false, runAsUser: 0 });
});

test('the configured placement, resources and clean-up are in the Job', () => {
  expect(podOf()).toMatchObject({
    serviceAccountName: 'runner',
    restartPolicy: 'Never',
    nodeSelector: { 'node-pool': 'zenml' },
    tolerations: [{ key: 'node-pool', operator: 'Equal', value: 'zenml', effect: 'NoSchedule' }],
    containers: [{ resources: { limits: { memory: '700Mi' } } }],
  });
  expect(runnerJob(WORKLOAD, SETTINGS, 'secret').spec).toMatchObject({
    ttlSecondsAfterFinished: 172800,
    backoffLimit: 0,
  });
});

test('labels and annotations say whose it is', () => {
  const { metadata, spec } = runnerJob(WORKLOAD, SETTINGS, 'secret');
  expect(metadata?.labels).toMatchObject({ 'zenml.io/run-id': RUN, 'zenml.io/server-id': SETTINGS.serverId });
  expect(metadata?.annotations).toEqual({
    'zenml.io/run-name': 'train 2026/01/31',
    'zenml.io/pipeline-name': 'train',
  });
  expect(spec?.template.metadata?.labels).toEqual(metadata?.labels);
});

test('a rule of the pod failure policy is left out where it is of another container', () => {
  const ofContainer = (containerName: 'runner' | 'builder') => ({
    action: 'FailJob' as const,
    onExitCodes: { containerName, operator: 'In' as const, values: [3] },
  });
  const policyOf = (...rules: ReturnType<typeof ofContainer>[]) =>
    runnerJob(WORKLOAD, { ...SETTINGS, podFailurePolicy: { rules } }, 'secret').spec?.podFailurePolicy;
  expect(policyOf(ofContainer('builder'), ofContainer('runner'))).toEqual({ rules: [ofContainer('runner')] });
  expect(policyOf(ofContainer('builder'))).toBeUndefined();
});
