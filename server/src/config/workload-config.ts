import { homedir } from 'node:os';
import { join } from 'node:path';
import { boolean, integer, oneOf, text } from './formats.ts';
import { optional, type ValuesOf, variable } from './variable.ts';

/** The manager that runs runners as processes of this machine. */
export const LOCAL_MANAGER = 'zenml.zen_server.pipeline_execution.in_memory_workload_manager.InMemoryWorkloadManager';

/** Running pipelines from the dashboard or by a call. */
export const workloadVariables = {
  managerSource: optional(
    'ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE',
    oneOf(
      'zenml_cloud_plugins.kubernetes_workload_manager.KubernetesWorkloadManager',
      'zenml_cloud_plugins.aws_kubernetes_workload_manager.AWSKubernetesWorkloadManager',
      'zenml_cloud_plugins.gcp_kubernetes_workload_manager.GCPKubernetesWorkloadManager',
      LOCAL_MANAGER,
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
    doc: 'How long a runner’s pod may take to start.',
  }),
};

export type WorkloadConfig = ValuesOf<typeof workloadVariables>;
