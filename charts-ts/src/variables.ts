import { PORTS, WORKLOADS } from './names.ts';
import type { Values } from './values.ts';

/** What the server's variables follow from. */
export interface VariableSource extends Pick<Values, 'server' | 'migration'> {
  /** Where clients reach the server. */
  readonly url: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly runners: { readonly namespace: string; readonly serviceAccount: string };
}

/** The variables of the server: what the chart knows, then what the values say, then what no value may change. */
export function variables({ url, server, migration, runners, environment }: VariableSource): Record<string, string> {
  return {
    ZENML_WORKSPACE_HOST: '0.0.0.0',
    ZENML_WORKSPACE_DRAIN_DELAY_SECONDS: `${server.drainDelaySeconds}`,
    ZENML_WORKSPACE_SHUTDOWN_TIMEOUT_SECONDS: `${server.shutdownTimeoutSeconds}`,
    ZENML_SERVER_DEPLOYMENT_TYPE: 'kubernetes',
    ZENML_SERVER_SERVER_URL: url,
    ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE:
      'zenml_cloud_plugins.kubernetes_workload_manager.KubernetesWorkloadManager',
    [`${WORKLOADS}NAMESPACE`]: runners.namespace,
    [`${WORKLOADS}SERVICE_ACCOUNT`]: runners.serviceAccount,
    // Replicas must not begin before the Job has ended.
    ...(migration.mode === 'job' && { DISABLE_DATABASE_MIGRATION: 'true' }),
    ...environment,
    ZENML_WORKSPACE_PORT: `${PORTS.http}`,
    ZENML_WORKSPACE_METRICS_PORT: `${PORTS.metrics}`,
  };
}
