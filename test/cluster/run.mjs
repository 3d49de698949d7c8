import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from '../../tools/bootstrap/process.mjs';
import { makeWorkloadNamespace } from '../../tools/cluster/workload-namespace.mjs';
import { add } from '../../tools/suites/counts.mjs';
import { pushParentImage } from '../builders/parent-image.mjs';
import { runBuilderTests } from '../builders/run.mjs';

const folder = join('test', 'cluster');
const KUBERNETES_MANAGER = 'zenml_cloud_plugins.kubernetes_workload_manager.KubernetesWorkloadManager';
const AWS_MANAGER = 'zenml_cloud_plugins.aws_kubernetes_workload_manager.AWSKubernetesWorkloadManager';

/**
 * The manager of Kubernetes on a real cluster, and pipelines that the server starts there.
 * @param {import('../../tools/suites/context.mjs').SuiteContext} context
 * @returns {Promise<import('../../tools/suites/counts.mjs').Counts>}
 */
export async function runClusterSuite(context) {
  return add(await runManagerTests(context), await runSharedClusterTests(context));
}

/** The manager by itself: each test starts what it needs. */
function runManagerTests(context) {
  const jest = join('node_modules', 'jest', 'bin', 'jest.js');
  const report = `${context.report}.jest`;
  const options = ['--runInBand', '--json', `--outputFile=${report}`];
  return context.node(['--experimental-vm-modules', jest, '--config', join(folder, 'jest.config.mjs'), ...options], {
    kind: 'jest',
    report,
    env: { ZENML_TEST_PYTHON: context.have.python.python },
  });
}

/** Builders, and beside them pipelines from the snapshot to the artifact, on one cluster: both wait for pods most of the time. */
function runSharedClusterTests(context) {
  return context.withCluster(async (cluster) => {
    const directory = mkdtempSync(join(tmpdir(), 'zenml-cluster-suite-'));
    try {
      const given = [context, cluster, directory];
      return add(...(await Promise.all([runBuilderTests(...given), runPipelines(...given)])));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}

async function runPipelines(context, cluster, directory) {
  const image = context.have['sdk-image'];
  await cluster.importImage(image);
  const kubeconfig = await makeWorkloadNamespace(cluster, { namespace: 'runners', directory });
  await cluster.apply(orchestration);
  const given = await runOnServer(context, cluster, {
    namespace: 'runners',
    kubeconfig,
    tests: folder,
    variables: ({ storeUrl }) => ({
      ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE: AWS_MANAGER,
      ZENML_KUBERNETES_WORKLOAD_MANAGER_ENABLE_EXTERNAL_LOGS: 'true',
      ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_BUCKET: 's3://logs/runners',
      AWS_ENDPOINT_URL_S3: storeUrl,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'tests',
      AWS_SECRET_ACCESS_KEY: 'tests',
    }),
  });
  return add(given, await runWithBuiltImage(context, cluster, directory));
}

/** One pipeline, whose runner's image a builder makes. */
async function runWithBuiltImage(context, cluster, directory) {
  const namespace = 'building-runners';
  const { startRegistry } = await import('../images/registry.ts');
  const registry = await startRegistry(undefined, cluster.host, context.have.registry.program);
  try {
    cluster.trustRegistry(registry.name);
    const parent = `${registry.name}/zenml-sdk:1`;
    await pushParentImage(parent, context.have['sdk-image']);
    const given = { namespace, directory, podSecurity: 'baseline' };
    const kubeconfig = await makeWorkloadNamespace(cluster, given);
    return await runOnServer(context, cluster, {
      namespace,
      kubeconfig,
      tests: join(folder, 'built_runner.py'),
      variables: () => ({
        ZENML_KUBERNETES_WORKLOAD_MANAGER_BUILD_RUNNER_IMAGE: 'true',
        ZENML_KUBERNETES_WORKLOAD_MANAGER_DOCKER_REGISTRY: registry.name,
        ZENML_WORKSPACE_PLAIN_HTTP_REGISTRIES: registry.name,
        ZENML_WORKSPACE_BUILDER_IMAGE: context.have['builder-image'].image,
        ZENML_RUNNER_PARENT_IMAGE: parent,
        ZENML_RUNNER_IMAGE_DISABLE_UV: 'true',
      }),
      env: { ZENML_TEST_REGISTRY_NAME: registry.name },
    });
  } finally {
    await registry.stop();
  }
}

/** Runs tests in Python, which start an S3, with a server that starts runners in this namespace. */
async function runOnServer(context, cluster, { namespace, kubeconfig, tests, variables: more, env = {} }) {
  const storePort = await freePort();
  const variables = ({ url }) => ({
    KUBECONFIG: kubeconfig,
    ZENML_SERVER_SERVER_URL: url,
    ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE: KUBERNETES_MANAGER,
    ZENML_KUBERNETES_WORKLOAD_MANAGER_NAMESPACE: namespace,
    ZENML_KUBERNETES_WORKLOAD_MANAGER_SERVICE_ACCOUNT: 'runner',
    ZENML_KUBERNETES_WORKLOAD_MANAGER_POD_RESOURCES: '{"limits": {"memory": "700Mi"}}',
    ...more({ storeUrl: `http://${cluster.host}:${storePort}` }),
  });
  const { python } = context.have.python;
  const report = `${context.report}.${namespace}`;
  const pytest = ['-B', '-m', 'pytest', '-c', join(folder, 'pytest.ini'), tests, `--junitxml=${report}`];
  return context.withServer(
    ({ url, user, password, scratch }) =>
      context.run(python, pytest, {
        env: {
          ZENML_TEST_SERVER_URL: url,
          ZENML_TEST_USER: user,
          ZENML_TEST_PASSWORD: password,
          ZENML_TEST_HOST: cluster.host,
          ZENML_TEST_STORE_PORT: String(storePort),
          ZENML_TEST_IMAGE: context.have['sdk-image'].name,
          ZENML_TEST_NAMESPACE: namespace,
          KUBECONFIG: cluster.kubeconfig,
          PATH: `${context.have.cluster.bin}${delimiter}${process.env.PATH}`,
          TMPDIR: scratch,
          ...env,
        },
        kind: 'junit',
        report,
      }),
    { variables, host: cluster.host },
  );
}

/** Where the orchestrator's pods run, and what lets a runner start them there. */
const orchestration = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'pipelines' } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'orchestrator', namespace: 'pipelines' } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'orchestrator', namespace: 'pipelines' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
    subjects: [
      { kind: 'ServiceAccount', name: 'orchestrator', namespace: 'pipelines' },
      { kind: 'ServiceAccount', name: 'runner', namespace: 'runners' },
      { kind: 'ServiceAccount', name: 'runner', namespace: 'building-runners' },
    ],
  },
];
