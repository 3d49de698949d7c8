import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isNetwork } from '../../server/src/config/formats.ts';
import { nodeSelectorSchema, tolerationSchema } from '../../server/src/config/kubernetes-formats.ts';

const VERSION: string = JSON.parse(readFileSync(new URL('../../server/package.json', import.meta.url), 'utf8')).version;

const name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'use at most 63 lower-case letters, digits and hyphens');
const objectName = z
  .string()
  .regex(/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/, 'use at most 253 lower-case letters, digits, hyphens and dots');
const texts = z.record(z.string(), z.string());
const port = z.int().min(1).max(65535);
const cidr = z
  .string()
  .regex(/^[0-9a-fA-F.:]+\/\d{1,3}$/, 'write an address range such as 10.0.0.0/16')
  .refine(isNetwork, 'is no address range; write one such as 10.0.0.0/16');
const quantity = z.string().regex(/^\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/, "write a quantity such as '500m' or '1Gi'");
const environment = z
  .record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/), z.union([z.string(), z.number(), z.boolean()]))
  .describe('Variables of the server (docs/configuration.md).');

const resources = z.strictObject({
  requests: z
    .record(z.string(), quantity)
    .default({ cpu: '250m', memory: '384Mi' })
    .describe('What a pod is sure of; autoscaling measures against it.'),
  limits: z.record(z.string(), quantity).default({ memory: '1Gi' }).describe('What a pod may not exceed.'),
});

const server = z.strictObject({
  image: z
    .strictObject({
      repository: z.string().min(1).default('zenml-workspace-server').describe('With the registry before it.'),
      tag: z.string().min(1).default(VERSION).describe('By default the release that the charts are of.'),
      digest: z
        .string()
        .regex(/^sha256:[0-9a-f]{64}$/, 'write a digest such as sha256: and 64 digits and letters from a to f')
        .optional()
        .describe('Goes before the tag: the image is this one, whatever the tag is moved to.'),
      pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent').describe('When it is pulled.'),
      pullSecrets: z.array(name).default([]).describe('Secrets with credentials of the registry.'),
    })
    .prefault({}),
  replicas: z
    .int()
    .min(1, 'at least 1 is needed; 2 or more for high availability')
    .default(2)
    .describe('With autoscaling the fewest.'),
  environment: environment.default({}),
  serviceAccount: z
    .strictObject({
      name: name.default('zenml-workspace-server').describe('The account of the server’s pods.'),
      annotations: texts.default({}).describe('As `eks.amazonaws.com/role-arn` or `iam.gke.io/gcp-service-account`.'),
    })
    .prefault({}),
  resources: resources.prefault({}),
  nodeSelector: nodeSelectorSchema.default({}).describe('Labels of the nodes that its pods may run on.'),
  tolerations: z.array(tolerationSchema).default([]).describe('Taints of nodes that its pods tolerate.'),
  certificateAuthorities: z
    .strictObject({
      configMap: objectName.describe('The ConfigMap, in the server’s namespace.'),
      key: z
        .string()
        .regex(/^[-._a-zA-Z0-9]+$/, 'write a key such as ca.crt')
        .default('ca.crt')
        .describe('The key of the certificates there, as PEM.'),
    })
    .optional()
    .describe('Authorities that the server trusts besides the public ones, for stores and registries inside.'),
  userId: z.int().min(1, 'the server must not run as root').default(65532).describe('User and group of the process.'),
  drainDelaySeconds: z.int().min(0).default(10).describe('How long requests are taken after readiness has failed.'),
  shutdownTimeoutSeconds: z.int().min(1).default(30).describe('How long running requests may take to finish.'),
});

const secret = z.strictObject({
  name: name.default('zenml-workspace-server').describe('The Secret that the server’s environment is read from.'),
  externalSecret: z
    .strictObject({
      storeKind: z
        .enum(['SecretStore', 'ClusterSecretStore'])
        .default('ClusterSecretStore')
        .describe('Whether the store is of the namespace or of the cluster.'),
      storeName: name.describe('The store of the External Secrets Operator.'),
      key: z.string().min(1).describe('The entry there, whose properties are named after the variables.'),
      refreshInterval: z.string().default('1h').describe('How often the entry is read again.'),
    })
    .optional()
    .describe('Makes the Secret from a store. Without it the Secret must exist.'),
});

const tls = {
  host: z.string().min(1).describe('The name by which clients reach the server.'),
  annotations: texts.default({}).describe('For what serves it.'),
};
const ingress = z.strictObject({
  ...tls,
  className: name.optional().describe('Default: the class that the cluster has for all.'),
  tlsSecret: name
    .optional()
    .describe(
      'The Secret with the certificate, in the server’s namespace. Without it annotations bring a certificate.',
    ),
});
const gateway = z.strictObject({
  ...tls,
  gatewayName: name.describe('The Gateway that serves it.'),
  gatewayNamespace: name.optional().describe('Default: the server’s.'),
  sectionName: name.default('https').describe('The listener of the Gateway, which ends TLS.'),
});

const autoscaling = z.strictObject({
  enabled: z.boolean().default(true).describe('Needs the metrics API in the cluster.'),
  maxReplicas: z.int().min(1).default(6).describe('The most replicas.'),
  cpuPercent: z.int().min(1).max(100).default(70).describe('Of the CPU requested, above which there are more.'),
  memoryPercent: z.int().min(1).max(100).default(80).describe('Of the memory requested, above which there are more.'),
});

const migration = z.strictObject({
  mode: z
    .enum(['server', 'job'])
    .default('server')
    .describe(
      '`server`: the first replica that starts migrates the database. `job`: a Job does it, before the rollout.',
    ),
  secret: name
    .optional()
    .describe(
      'A Secret whose variables go before those of `secret.name`: `ZENML_STORE_URL` of a user who may change tables.',
    ),
  timeoutSeconds: z.int().min(1).default(600).describe('How long the Job may take.'),
  ttlSecondsAfterFinished: z.int().min(0).default(86_400).describe('How long the Job is kept.'),
});

const runners = z.strictObject({
  namespace: name.optional().describe('Default: what the environment names, or `zenml-workspace-namespace`.'),
  serviceAccount: name
    .optional()
    .describe('Default: what the environment names, or `zenml-workspace-service-account`.'),
  serviceAccountAnnotations: texts.default({}).describe('Which bind the account to an identity of a cloud.'),
  imagePullSecrets: z
    .array(name)
    .default([])
    .describe('Secrets with credentials of registries, in the runners’ namespace.'),
  quota: z
    .record(z.string(), quantity)
    .default({
      pods: '50',
      'requests.cpu': '20',
      'requests.memory': '40Gi',
      'limits.memory': '80Gi',
    })
    .describe('The most that they take together: a ResourceQuota. `count/…` counts finished Jobs, too.'),
  defaultRequest: z
    .record(z.string(), quantity)
    .default({ cpu: '100m', memory: '400Mi' })
    .describe('What a container requests that says nothing.'),
  defaultLimit: z.record(z.string(), quantity).default({ memory: '1Gi' }).describe('Its limit.'),
});

const networkPolicy = z.strictObject({
  enabled: z.boolean().default(true).describe('Needs a network plug-in that enforces policies.'),
  clients: z
    .array(cidr)
    .default([])
    .describe('Ranges that may call the API: of proxies, where clients come through them. With none of both: all.'),
  clientNamespaces: z
    .array(name)
    .default([])
    .describe('Namespaces whose pods may call it, as that of an ingress controller: ranges need not match pods.'),
  monitoringNamespace: name.default('monitoring').describe('From where metrics may be read.'),
  database: z.array(cidr).default([]).describe('Ranges of the database. Empty: all.'),
  databasePort: port.default(3306).describe('Port of the database.'),
  kubernetesApiPorts: z.array(port).min(1).default([443, 6443]).describe('Ports of the Kubernetes API.'),
  furtherPorts: z
    .array(port)
    .default([])
    .describe('Other TCP ports that the server and the runners may reach: of a store or a registry in the cluster.'),
  cloudIdentity: z
    .enum(['aws', 'gcp', 'none'])
    .optional()
    .describe('Whose identities pods ask for on their node: EKS Pod Identity or GKE. Default: what the server uses.'),
});

const monitoring = z.strictObject({
  enabled: z.boolean().default(false).describe('Needs the Prometheus Operator in the cluster.'),
  labels: texts.default({}).describe('Labels by which the operator selects, as `release: prometheus`.'),
});

/** The shape of a values file; every value has a default but those of what is switched on by naming it. */
export const valuesSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors.'),
  namespace: name.default('zenml').describe('Namespace of the server.'),
  createNamespaces: z.boolean().default(true).describe('Whether namespaces are made, or there already.'),
  server: server.prefault({}),
  zenml: z.strictObject({ environment }).optional().describe('Older place of `server.environment`.'),
  secret: secret.prefault({}),
  migration: migration.prefault({}),
  ingress: ingress.optional(),
  gateway: gateway.optional(),
  autoscaling: autoscaling.prefault({}),
  runners: runners.prefault({}),
  networkPolicy: networkPolicy.prefault({}),
  monitoring: monitoring.prefault({}),
});

/** A values file as it is read, with its defaults. */
export type Values = z.infer<typeof valuesSchema>;
