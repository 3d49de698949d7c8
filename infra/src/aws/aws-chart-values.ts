import { type ChartValues, SECRET_STORE } from '../chart-values.ts';
import type { AwsConfig } from '../config/aws-config.ts';

const AWS_MANAGER = 'zenml_cloud_plugins.aws_kubernetes_workload_manager.AWSKubernetesWorkloadManager';
const MANAGER = 'ZENML_KUBERNETES_WORKLOAD_MANAGER_';
const ROLE_ANNOTATION = 'eks.amazonaws.com/role-arn';

/** What only the stack knows. */
export interface AwsFacts {
  /** Address of the account's registry. */
  readonly registry: string;
  readonly serverImage: string;
  readonly logsBucket: string;
  readonly logPrefix: string;
  readonly secretName: string;
  readonly databaseCidrs?: readonly string[];
  readonly roles?: { readonly server: string; readonly runner: string };
}

/** The charts' values for a server on this stack. */
export function awsChartValues(config: AwsConfig, facts: AwsFacts): ChartValues {
  const { name, region, server, runners, buildRunnerImages, database } = config;
  const annotations = (role: string | undefined): Record<string, string> =>
    role === undefined ? {} : { [ROLE_ANNOTATION]: role };
  return {
    namespace: server.namespace,
    server: {
      image: { repository: facts.serverImage },
      environment: {
        ZENML_STORE_SSL: 'true',
        ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE: AWS_MANAGER,
        [`${MANAGER}NAMESPACE`]: runners.namespace,
        [`${MANAGER}SERVICE_ACCOUNT`]: runners.serviceAccount,
        [`${MANAGER}BUILD_RUNNER_IMAGE`]: `${buildRunnerImages}`,
        [`${MANAGER}DOCKER_REGISTRY`]: `${facts.registry}/${name}`,
        [`${MANAGER}ENABLE_EXTERNAL_LOGS`]: 'true',
        ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_BUCKET: `s3://${facts.logsBucket}/${facts.logPrefix}`,
        ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_REGION: region,
        ...(config.secretsInSecretsManager && {
          ZENML_SECRETS_STORE_TYPE: 'aws',
          ZENML_SECRETS_STORE_REGION_NAME: region,
        }),
      },
      serviceAccount: { name: server.serviceAccount, annotations: annotations(facts.roles?.server) },
    },
    secret: { externalSecret: { storeName: SECRET_STORE, key: facts.secretName } },
    runners: {
      namespace: runners.namespace,
      serviceAccount: runners.serviceAccount,
      serviceAccountAnnotations: annotations(facts.roles?.runner),
    },
    networkPolicy: {
      databasePort: database.existing?.port ?? 3306,
      ...(!database.existing && facts.databaseCidrs && { database: facts.databaseCidrs }),
    },
  };
}
