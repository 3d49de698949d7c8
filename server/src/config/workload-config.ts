import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './environment.ts';
import { boolean, bucket, integer, list, oneOf, text } from './formats.ts';
import { kubernetesName, nodeSelector, podFailurePolicy, podResources, tolerations } from './kubernetes-formats.ts';
import { nearestName } from './nearest-name.ts';
import { optional, type ValuesOf, variable } from './variable.ts';

/** The manager that runs runners as processes of this machine. */
export const LOCAL_MANAGER = 'zenml.zen_server.pipeline_execution.in_memory_workload_manager.InMemoryWorkloadManager';
export const KUBERNETES_MANAGER = 'zenml_cloud_plugins.kubernetes_workload_manager.KubernetesWorkloadManager';
export const AWS_MANAGER = 'zenml_cloud_plugins.aws_kubernetes_workload_manager.AWSKubernetesWorkloadManager';
export const GCP_MANAGER = 'zenml_cloud_plugins.gcp_kubernetes_workload_manager.GCPKubernetesWorkloadManager';

const MANAGERS = [KUBERNETES_MANAGER, AWS_MANAGER, GCP_MANAGER, LOCAL_MANAGER] as const;

/** Running pipelines from the dashboard or by a call. */
export const workloadVariables = {
  managerSource: optional('ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE', oneOf(...MANAGERS), {
    unset: 'snapshots are not run by the server',
    doc: 'Which workload manager runs snapshots. The names are those of ZenML’s Python classes; this server has its own implementation of each.',
  }),
  maxConcurrentRuns: variable('ZENML_SERVER_MAX_CONCURRENT_SNAPSHOT_RUNS', integer(1, 1000), 2, {
    formerName: 'ZENML_SERVER_MAX_CONCURRENT_TEMPLATE_RUNS',
    doc: 'How many snapshot runs one replica starts at once; more wait.',
  }),
  maxQueuedRuns: variable('ZENML_WORKSPACE_MAX_QUEUED_RUNS', integer(1, 1_000_000), 1000, {
    doc: 'How many runs of a project may wait to be started, over all replicas; more are refused with status 429.',
  }),
  scheduleCatchUp: variable('ZENML_WORKSPACE_SCHEDULE_CATCH_UP', oneOf('latest', 'none', 'all'), 'latest', {
    doc: 'What native schedules do about the times at which no server ran: one run for all of them (`latest`), none (`none`), or one for each (`all`).',
  }),
  localPython: variable('ZENML_WORKSPACE_LOCAL_PYTHON', text, 'python', {
    doc: 'Python that starts runs on this machine, where the in-memory workload manager is chosen. It needs ZenML and what the stacks need.',
  }),
  localDirectory: variable(
    'ZENML_WORKSPACE_LOCAL_DIRECTORY',
    text,
    join(homedir(), '.zenml-workspace-server', 'runners'),
    {
      fallbackText: '`~/.zenml-workspace-server/runners`',
      doc: 'Where that workload manager keeps the logs of its runners, and finds them again after a restart.',
    },
  ),
  runnerParentImage: optional('ZENML_RUNNER_PARENT_IMAGE', text, {
    unset: 'chosen by the workload manager',
    doc: 'Image that runner images are built from.',
  }),
  runnerWithoutUv: variable('ZENML_RUNNER_IMAGE_DISABLE_UV', boolean, false, {
    doc: 'Whether runner images are built with `pip` instead of `uv`.',
  }),
  runnerTimeoutSeconds: variable('ZENML_RUNNER_POD_TIMEOUT', integer(1), 180, {
    doc: 'How long the pod of a runner or builder may take to start, seconds. A run whose runner takes longer fails, with the reason.',
  }),
};

const TWO_DAYS = 2 * 24 * 60 * 60;

/** What the managers that run Jobs are configured with, under the names of the original plugins. */
export const kubernetesVariables = {
  namespace: optional('ZENML_KUBERNETES_WORKLOAD_MANAGER_NAMESPACE', kubernetesName, {
    unset: 'required on Kubernetes',
    doc: 'Namespace of the Jobs. It must exist, and be another one than the server’s.',
  }),
  serviceAccount: optional('ZENML_KUBERNETES_WORKLOAD_MANAGER_SERVICE_ACCOUNT', kubernetesName, {
    unset: 'required on Kubernetes',
    doc: 'Service account of the Jobs’ pods. It must exist, and needs no permission in the cluster.',
  }),
  buildRunnerImage: variable('ZENML_KUBERNETES_WORKLOAD_MANAGER_BUILD_RUNNER_IMAGE', boolean, false, {
    doc: 'Whether an image is built for the runners of each stack. Without it, runners use the images of their snapshot.',
  }),
  dockerRegistry: optional('ZENML_KUBERNETES_WORKLOAD_MANAGER_DOCKER_REGISTRY', text, {
    unset: 'required where images are built',
    doc: 'Registry of the built images, with or without a path: `registry.example.com/zenml`.',
  }),
  runnerImage: optional('ZENML_KUBERNETES_WORKLOAD_MANAGER_RUNNER_IMAGE', text, {
    doc: 'One image for all runners, where none is built. It must hold what the stacks need.',
  }),
  externalLogs: variable('ZENML_KUBERNETES_WORKLOAD_MANAGER_ENABLE_EXTERNAL_LOGS', boolean, false, {
    doc: 'Whether runners’ logs are kept in a bucket, where they outlive their pods.',
  }),
  podResources: optional('ZENML_KUBERNETES_WORKLOAD_MANAGER_POD_RESOURCES', podResources, {
    doc: 'Resources of the pods: JSON with `requests` and `limits`.',
  }),
  ttlSecondsAfterFinished: variable(
    'ZENML_KUBERNETES_WORKLOAD_MANAGER_TTL_SECONDS_AFTER_FINISHED',
    integer(0),
    TWO_DAYS,
    { fallbackText: '`172800` (2 days)', doc: 'How long finished Jobs are kept, with their pods and logs.' },
  ),
  nodeSelector: optional('ZENML_KUBERNETES_WORKLOAD_MANAGER_NODE_SELECTOR', nodeSelector, {
    doc: 'Labels of the nodes that pods may run on: JSON object.',
  }),
  tolerations: optional('ZENML_KUBERNETES_WORKLOAD_MANAGER_TOLERATIONS', tolerations, {
    doc: 'Taints that the pods tolerate: JSON array.',
  }),
  backoffLimit: variable('ZENML_KUBERNETES_WORKLOAD_MANAGER_JOB_BACKOFF_LIMIT', integer(0, 100), 0, {
    doc: 'How often a failed pod is replaced. A runner that failed half-way may have begun its run: more than 0 may begin it twice.',
  }),
  podFailurePolicy: optional('ZENML_KUBERNETES_WORKLOAD_MANAGER_POD_FAILURE_POLICY', podFailurePolicy, {
    doc: 'Which failures of a pod count, on Kubernetes 1.26 or newer: JSON, as `podFailurePolicy` of a Job. A rule may name the container `runner` or `builder`.',
  }),
  bucketAws: optional('ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_BUCKET', bucket('s3'), {
    unset: 'required on AWS with external logs',
    doc: 'Where logs are kept: `s3://bucket/prefix`.',
  }),
  regionAws: optional('ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_REGION', text, {
    unset: 'required on AWS where images are built',
    doc: 'AWS region of the registry.',
  }),
  bucketGcp: optional('ZENML_GCP_KUBERNETES_WORKLOAD_MANAGER_BUCKET', bucket('gs'), {
    unset: 'required on GCP with external logs',
    doc: 'Where logs are kept: `gs://bucket/prefix`.',
  }),
  userId: variable('ZENML_WORKSPACE_RUNNER_USER_ID', integer(0, 2 ** 31 - 1), 1000, {
    doc: 'User and group that runners’ containers run as. `0` is for images that need root; a namespace under the Pod Security Standard `restricted` refuses it.',
  }),
  pullSecret: optional('ZENML_WORKSPACE_IMAGE_PULL_SECRET', kubernetesName, {
    unset: 'the service account’s, for pods only',
    doc: 'Secret of the namespace with credentials of registries. Pods pull with it, builders push with it, and the server looks images up with it.',
  }),
  plainHttpRegistries: variable('ZENML_WORKSPACE_PLAIN_HTTP_REGISTRIES', list, [], {
    fallbackText: 'none',
    doc: 'Registries without TLS, as names of images spell them, separated by commas. Nodes have to know them too.',
  }),
  builderImage: variable('ZENML_WORKSPACE_BUILDER_IMAGE', text, 'moby/buildkit:v0.34.2-rootless', {
    doc: 'Image of builders: rootless BuildKit.',
  }),
  builderUnconfined: variable('ZENML_WORKSPACE_BUILDER_UNCONFINED', boolean, false, {
    doc: 'Whether builders run without seccomp and AppArmor, for nodes whose defaults keep BuildKit from starting. The Pod Security Standard `baseline` refuses it.',
  }),
  builderTimeoutSeconds: variable('ZENML_WORKSPACE_BUILDER_TIMEOUT', integer(1), 3600, {
    doc: 'How long the build of an image may take, seconds.',
  }),
  kubeconfig: optional('KUBECONFIG', text, {
    unset: '`~/.kube/config`, or the service account of the server’s pod',
    doc: 'Kubeconfig of the cluster, or several, separated as for `kubectl`.',
  }),
  context: optional('ZENML_WORKSPACE_KUBERNETES_CONTEXT', text, {
    unset: 'the current one',
    doc: 'Context of the kubeconfig, where the server runs outside the cluster.',
  }),
  cloudCluster: optional('ZENML_WORKSPACE_CLOUD_CLUSTER', text, {
    unset: 'the kubeconfig’s, or that of the server’s pod',
    doc: 'Cluster that the server reaches from outside by its own identity in the cloud, without a kubeconfig: the name of one of EKS, or `projects/…/locations/…/clusters/…` of GKE.',
  }),
};

export type KubernetesConfig = ValuesOf<typeof kubernetesVariables>;

/** A manager that runs Jobs, with everything that is required of it. */
export type RequiredKubernetesConfig = KubernetesConfig & {
  readonly namespace: string;
  readonly serviceAccount: string;
};

type KubernetesVariable = keyof typeof kubernetesVariables;

/** Which variable each choice makes necessary. */
function required(source: string | undefined, config: KubernetesConfig): readonly KubernetesVariable[] {
  if (source === undefined || source === LOCAL_MANAGER) return [];
  const aws = source === AWS_MANAGER;
  const gcp = source === GCP_MANAGER;
  return [
    'namespace',
    'serviceAccount',
    ...(config.buildRunnerImage ? (['dockerRegistry', ...(aws ? (['regionAws'] as const) : [])] as const) : []),
    ...(config.externalLogs && aws ? (['bucketAws'] as const) : []),
    ...(config.externalLogs && gcp ? (['bucketGcp'] as const) : []),
  ];
}

/** Reads what the workload manager is configured with. */
export function readWorkloadConfig(environment: Environment) {
  const workloads = environment.read(workloadVariables);
  const kubernetes = environment.read(kubernetesVariables);
  const source = workloads.managerSource ?? meantManager(environment);
  for (const field of required(source, kubernetes)) {
    const { name } = kubernetesVariables[field];
    if (!environment.has(name)) environment.mistake(name, `is required with ${source?.split('.').at(-1)}.`);
  }
  if (source === KUBERNETES_MANAGER && kubernetes.externalLogs) {
    environment.mistake(kubernetesVariables.externalLogs.name, 'needs a manager with a bucket: the one of AWS or GCP.');
  }
  const { cloudCluster } = kubernetes;
  if (cloudCluster !== undefined && source === KUBERNETES_MANAGER) {
    environment.mistake(kubernetesVariables.cloudCluster.name, 'needs a manager with a cloud: the one of AWS or GCP.');
  }
  if (cloudCluster !== undefined && source === GCP_MANAGER && !GKE_NAME.test(cloudCluster)) {
    environment.mistake(kubernetesVariables.cloudCluster.name, 'must be projects/…/locations/…/clusters/… with GCP.');
  }
  return { ...workloads, kubernetes: isComplete(kubernetes) ? kubernetes : undefined };
}

/** The manager that a name probably stands for which is none's: what it needs besides is told along with the name. */
function meantManager(environment: Environment): string | undefined {
  const { managerSource } = workloadVariables;
  const { given } = environment.read({ given: optional(managerSource.name, text, { doc: managerSource.doc }) });
  return given === undefined ? undefined : (nearestName(given, MANAGERS) ?? KUBERNETES_MANAGER);
}

const GKE_NAME = /^projects\/[^/]+\/locations\/[^/]+\/clusters\/[^/]+$/;

function isComplete(config: KubernetesConfig): config is RequiredKubernetesConfig {
  return config.namespace !== undefined && config.serviceAccount !== undefined;
}

export type WorkloadConfig = ReturnType<typeof readWorkloadConfig>;
