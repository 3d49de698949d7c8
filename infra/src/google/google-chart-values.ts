import { type ChartValues, SECRET_STORE } from '../chart-values.ts';
import type { GoogleConfig } from '../config/google-config.ts';

const GCP_MANAGER = 'zenml_cloud_plugins.gcp_kubernetes_workload_manager.GCPKubernetesWorkloadManager';
const MANAGER = 'ZENML_KUBERNETES_WORKLOAD_MANAGER_';
const ACCOUNT_ANNOTATION = 'iam.gke.io/gcp-service-account';

/** What only the stack knows. */
export interface GoogleFacts {
  readonly serverImages: string;
  readonly runnerImages: string;
  readonly logsBucket: string;
  readonly logPrefix: string;
  readonly secretName: string;
  readonly databaseAuthority?: string;
  readonly databaseCidrs?: readonly string[];
  readonly serverEmail: string;
  readonly runnerEmail: string;
}

/** The charts' values for a server on this stack. */
export function googleChartValues(config: GoogleConfig, facts: GoogleFacts): ChartValues {
  const { project, server, runners, buildRunnerImages, database } = config;
  const { databaseAuthority, databaseCidrs } = facts;
  return {
    namespace: server.namespace,
    server: {
      image: { repository: `${facts.serverImages}/zenml-workspace-server` },
      environment: {
        ZENML_STORE_SSL: 'true',
        ...(databaseAuthority !== undefined && { ZENML_STORE_SSL_CA: databaseAuthority }),
        ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE: GCP_MANAGER,
        [`${MANAGER}NAMESPACE`]: runners.namespace,
        [`${MANAGER}SERVICE_ACCOUNT`]: runners.serviceAccount,
        [`${MANAGER}BUILD_RUNNER_IMAGE`]: `${buildRunnerImages}`,
        [`${MANAGER}DOCKER_REGISTRY`]: facts.runnerImages,
        [`${MANAGER}ENABLE_EXTERNAL_LOGS`]: 'true',
        ZENML_GCP_KUBERNETES_WORKLOAD_MANAGER_BUCKET: `gs://${facts.logsBucket}/${facts.logPrefix}`,
        ...(config.secretsInSecretsManager && {
          ZENML_SECRETS_STORE_TYPE: 'gcp',
          ZENML_SECRETS_STORE_PROJECT_ID: project,
        }),
      },
      serviceAccount: { name: server.serviceAccount, annotations: { [ACCOUNT_ANNOTATION]: facts.serverEmail } },
    },
    secret: { externalSecret: { storeName: SECRET_STORE, key: facts.secretName } },
    runners: {
      namespace: runners.namespace,
      serviceAccount: runners.serviceAccount,
      serviceAccountAnnotations: { [ACCOUNT_ANNOTATION]: facts.runnerEmail },
    },
    networkPolicy: {
      databasePort: database.existing?.port ?? 3306,
      ...(!database.existing && databaseCidrs && { database: databaseCidrs }),
    },
  };
}
