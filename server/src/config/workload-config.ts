import { boolean, integer, oneOf, text } from './formats.ts';
import { optional, type ValuesOf, variable } from './variable.ts';

/** Running pipelines from the dashboard or by a call. */
export const workloadVariables = {
  managerSource: optional(
    'ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE',
    oneOf(
      'zenml_cloud_plugins.kubernetes_workload_manager.KubernetesWorkloadManager',
      'zenml_cloud_plugins.aws_kubernetes_workload_manager.AWSKubernetesWorkloadManager',
      'zenml_cloud_plugins.gcp_kubernetes_workload_manager.GCPKubernetesWorkloadManager',
    ),
    {
      unset: 'snapshots are not run by the server',
      doc: 'Which workload manager runs snapshots. The names are those of ZenML’s Python classes; this server has its own implementation of each.',
    },
  ),
  maxConcurrentRuns: variable('ZENML_SERVER_MAX_CONCURRENT_SNAPSHOT_RUNS', integer(1, 1000), 2, {
    formerName: 'ZENML_SERVER_MAX_CONCURRENT_TEMPLATE_RUNS',
    doc: 'How many snapshot runs one replica starts at once; more wait.',
  }),
  runnerParentImage: optional('ZENML_RUNNER_PARENT_IMAGE', text, {
    unset: 'chosen by the workload manager',
    doc: 'Image that runner images are built from.',
  }),
  runnerWithoutUv: variable('ZENML_RUNNER_IMAGE_DISABLE_UV', boolean, false, {
    doc: 'Whether runner images are built with `pip` instead of `uv`.',
  }),
  runnerTimeoutSeconds: variable('ZENML_RUNNER_POD_TIMEOUT', integer(1), 180, {
    doc: 'How long a runner’s pod may take to start.',
  }),
};

export type WorkloadConfig = ValuesOf<typeof workloadVariables>;
