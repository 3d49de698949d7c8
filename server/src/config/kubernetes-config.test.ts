import { load as loadMinimal, refusal } from '../testing/test-config.ts';
import { AWS_MANAGER, GCP_MANAGER, KUBERNETES_MANAGER } from './workload-config.ts';

const PREFIX = 'ZENML_KUBERNETES_WORKLOAD_MANAGER_';
const SOURCE = 'ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE';
const MINIMAL = {
  [SOURCE]: KUBERNETES_MANAGER,
  [`${PREFIX}NAMESPACE`]: 'zenml-workspace-namespace',
  [`${PREFIX}SERVICE_ACCOUNT`]: 'zenml-workspace-service-account',
};

const load = (env: NodeJS.ProcessEnv) => loadMinimal({ ...MINIMAL, ...env });
const mistakes = (env: NodeJS.ProcessEnv): string => refusal({ ...MINIMAL, ...env }).message;

const named = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [PREFIX + name, value]));

test('the documented values are read', () => {
  const env = named({
    BUILD_RUNNER_IMAGE: 'true',
    DOCKER_REGISTRY: '339712793861.dkr.ecr.eu-central-1.amazonaws.com',
    ENABLE_EXTERNAL_LOGS: 'true',
    POD_RESOURCES: '{"requests": {"cpu": "100m", "memory": "400Mi"}, "limits": {"memory": "700Mi"}}',
    NODE_SELECTOR: '{"node-pool": "zenml-pool"}',
    TOLERATIONS: '[{"key": "node-pool", "operator": "Equal", "value": "zenml-pool", "effect": "NoSchedule"}]',
    TTL_SECONDS_AFTER_FINISHED: '86400',
    JOB_BACKOFF_LIMIT: '3',
    POD_FAILURE_POLICY: '{"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]}',
  });
  const aws = { ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_BUCKET: 's3://my-bucket/run-template-logs' };
  const region = { ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_REGION: 'eu-central-1' };
  expect(load({ ...env, ...aws, ...region, [SOURCE]: AWS_MANAGER }).workloads.kubernetes).toMatchObject({
    namespace: 'zenml-workspace-namespace',
    serviceAccount: 'zenml-workspace-service-account',
    buildRunnerImage: true,
    externalLogs: true,
    podResources: { requests: { cpu: '100m', memory: '400Mi' }, limits: { memory: '700Mi' } },
    nodeSelector: { 'node-pool': 'zenml-pool' },
    tolerations: [{ key: 'node-pool', operator: 'Equal', value: 'zenml-pool', effect: 'NoSchedule' }],
    ttlSecondsAfterFinished: 86400,
    backoffLimit: 3,
    podFailurePolicy: {
      rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
    },
    bucketAws: 's3://my-bucket/run-template-logs',
    regionAws: 'eu-central-1',
  });
});

test('quantities of a request and of its limit may have different units', () => {
  const env = named({
    POD_RESOURCES:
      '{"requests": {"cpu": "900m", "memory": "1e3"}, "limits": {"cpu": 1, "memory": "1Ki", "nvidia.com/gpu": 1}}',
  });
  expect(load(env).workloads.kubernetes?.podResources).toEqual({
    requests: { cpu: '900m', memory: '1e3' },
    limits: { cpu: '1', memory: '1Ki', 'nvidia.com/gpu': '1' },
  });
});

test('the minimal example has the documented defaults', () => {
  expect(load({}).workloads.kubernetes).toMatchObject({
    buildRunnerImage: false,
    externalLogs: false,
    ttlSecondsAfterFinished: 172800,
    podResources: undefined,
  });
});

test.each<[string, string, string]>([
  ['POD_RESOURCES', '{"requests": {"cpu": "100x"}}', 'requests.cpu: must be a quantity'],
  ['POD_RESOURCES', '{"request": {}}', 'Unrecognized key: "request"'],
  ['POD_RESOURCES', '{"requests": ', 'no JSON'],
  ['POD_RESOURCES', '{"limits": {"memory": "-1Gi"}}', 'limits.memory: must not be negative'],
  ['POD_RESOURCES', '{"limits": {"cpus": 1}}', 'limits.cpus: must be a resource of containers'],
  [
    'POD_RESOURCES',
    '{"requests": {"memory": "1.5Gi"}, "limits": {"memory": "1500M"}}',
    'requests.memory: must not be more than its limit, 1500M',
  ],
  ['POD_RESOURCES', '{"requests": {"nvidia.com/gpu": 1}}', 'requests.nvidia.com/gpu: must be in the limits, too'],
  [
    'POD_RESOURCES',
    '{"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": 2}}',
    'requests.nvidia.com/gpu: must be in the limits, too, and the same there',
  ],
  ['POD_RESOURCES', '{"limits": {"nvidia.com/gpu": "500m"}}', 'limits.nvidia.com/gpu: must be a whole number'],
  ['POD_RESOURCES', '{"limits": {"hugepages-2Mi": "4Mi"}}', 'limits.hugepages-2Mi: must have cpu or memory beside it'],
  [
    'POD_RESOURCES',
    '{"limits": {"hugepages-2Mi": "3Mi", "cpu": 1}}',
    'limits.hugepages-2Mi: must be a multiple of the size of a page',
  ],
  ['POD_RESOURCES', '{"limits": {"hugepages-large": "2Mi", "cpu": 1}}', 'must be a resource of containers'],
  ['NODE_SELECTOR', '{"-pool": "a"}', '-pool: must be the key of a label'],
  ['NODE_SELECTOR', '{"pool": 3}', 'pool: Invalid input: expected string'],
  ['TOLERATIONS', '[{"key": "a", "operator": "Equals"}]', '[0].operator: Invalid option'],
  ['TOLERATIONS', '{"key": "a"}', 'the value: Invalid input: expected array'],
  ['TOLERATIONS', '[{"operator": "Exists", "value": "a"}]', '[0]: must have no value with operator "Exists"'],
  ['POD_FAILURE_POLICY', '{"rules": [{"action": "Ignore"}]}', 'rules[0]: must have either onExitCodes or'],
  [
    'POD_FAILURE_POLICY',
    '{"rules": [{"action": "FailIndex", "onPodConditions": [{"type": "DisruptionTarget"}]}]}',
    'rules[0].action: Invalid option',
  ],
  [
    'POD_FAILURE_POLICY',
    '{"rules": [{"action": "FailJob", "onExitCodes": {"containerName": "main", "operator": "In", "values": [3]}}]}',
    'rules[0].onExitCodes.containerName: Invalid option: expected one of "runner"|"builder"',
  ],
  ['JOB_BACKOFF_LIMIT', '-1', 'must be a whole number from 0 to 100'],
  ['NAMESPACE', 'Zen_ML', 'must be a name of at most 63 lower-case letters'],
  ['NAMESPASE', 'zenml', `is unknown; is ${PREFIX}NAMESPACE meant?`],
])('%s=%s is refused with the place', (name, value, message) => {
  expect(mistakes({ [PREFIX + name]: value })).toContain(message);
});

test('everything that a choice makes necessary is listed at once', () => {
  const without = named({ NAMESPACE: '', SERVICE_ACCOUNT: '', BUILD_RUNNER_IMAGE: '1', ENABLE_EXTERNAL_LOGS: '1' });
  const aws = mistakes({ ...without, [SOURCE]: AWS_MANAGER });
  for (const name of ['NAMESPACE', 'SERVICE_ACCOUNT', 'DOCKER_REGISTRY']) {
    expect(aws).toContain(`${PREFIX}${name}: is required with AWSKubernetesWorkloadManager.`);
  }
  expect(aws).toContain('ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_REGION: is required');
  expect(aws).toContain('ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_BUCKET: is required');
  expect(mistakes({ ...without, [SOURCE]: GCP_MANAGER })).toContain('ZENML_GCP_KUBERNETES_WORKLOAD_MANAGER_BUCKET: is');
  expect(mistakes(named({ ENABLE_EXTERNAL_LOGS: '1' }))).toContain('needs a manager with a bucket');
});

test.each([
  ['aws_kubernetes_workload_manager.AwsKubernetesWorkloadManager', 'AWSKubernetesWorkloadManager', true],
  ['kubernetes_manager', 'KubernetesWorkloadManager', false],
])('beside the unknown manager %s it is listed what %s needs', (name, meant, isAws) => {
  const without = named({ NAMESPACE: '', SERVICE_ACCOUNT: '', BUILD_RUNNER_IMAGE: '1' });
  const told = mistakes({ ...without, [SOURCE]: `zenml_cloud_plugins.${name}` });
  expect(told).toContain(`${SOURCE}: must be`);
  for (const missing of ['NAMESPACE', 'SERVICE_ACCOUNT', 'DOCKER_REGISTRY']) {
    expect(told).toContain(`${PREFIX}${missing}: is required with ${meant}.`);
  }
  expect(told.includes('ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_REGION: is required')).toBe(isAws);
});

test('a cluster of a cloud needs the manager of that cloud, and GKE its full name', () => {
  const given = { ZENML_WORKSPACE_CLOUD_CLUSTER: 'production' };
  expect(mistakes(given)).toContain('ZENML_WORKSPACE_CLOUD_CLUSTER: needs a manager with a cloud');
  expect(mistakes({ ...given, [SOURCE]: GCP_MANAGER })).toContain('must be projects/…/locations/…/clusters/…');
  expect(load({ ...given, [SOURCE]: AWS_MANAGER }).workloads.kubernetes?.cloudCluster).toBe('production');
});

test('a bucket of another cloud is refused', () => {
  const name = 'ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_BUCKET';
  expect(mistakes({ [name]: 'gs://bucket' })).toContain(`${name}: must be s3://bucket or s3://bucket/prefix`);
});
