import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { Settings } from './load-values.ts';
import { LABELS, PORTS, SERVER, WORKLOADS } from './names.ts';

/** The server's environment: a ConfigMap, and where a store is named an ExternalSecret. */
export class Configuration extends Construct {
  constructor(scope: Construct, settings: Settings) {
    super(scope, 'configuration');
    const { namespace, secret } = settings;
    const data = variables(settings);
    new k8s.KubeConfigMap(this, 'environment', { metadata: { name: SERVER, namespace, labels: LABELS }, data });
    const external = secret.externalSecret;
    if (external === undefined) return;
    new ApiObject(this, 'secret', {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata: { name: secret.name, namespace, labels: LABELS },
      spec: {
        refreshInterval: external.refreshInterval,
        secretStoreRef: { kind: external.storeKind, name: external.storeName },
        target: { name: secret.name },
        dataFrom: [{ extract: { key: external.key } }],
      },
    });
  }
}

/** The variables of the server: what the chart knows, then what the values say. */
export function variables({
  namespace,
  server,
  runners,
  environment,
  ingress,
  gateway,
}: Settings): Record<string, string> {
  const host = ingress?.host ?? gateway?.host;
  return {
    ZENML_WORKSPACE_HOST: '0.0.0.0',
    ZENML_WORKSPACE_DRAIN_DELAY_SECONDS: `${server.drainDelaySeconds}`,
    ZENML_WORKSPACE_SHUTDOWN_TIMEOUT_SECONDS: `${server.shutdownTimeoutSeconds}`,
    ZENML_SERVER_DEPLOYMENT_TYPE: 'kubernetes',
    ZENML_SERVER_SERVER_URL: host === undefined ? `http://${SERVER}.${namespace}.svc` : `https://${host}`,
    ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE:
      'zenml_cloud_plugins.kubernetes_workload_manager.KubernetesWorkloadManager',
    [`${WORKLOADS}NAMESPACE`]: runners.namespace,
    [`${WORKLOADS}SERVICE_ACCOUNT`]: runners.serviceAccount,
    ...environment,
    ZENML_WORKSPACE_PORT: `${PORTS.http}`,
    ZENML_WORKSPACE_METRICS_PORT: `${PORTS.metrics}`,
  };
}
