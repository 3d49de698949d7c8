import { z } from 'zod';

/** A name of Kubernetes. */
export const kubernetesName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'use at most 63 lower-case letters, digits and hyphens');

const account = (namespace: string, serviceAccount: string) =>
  z
    .strictObject({
      namespace: kubernetesName.default(namespace),
      serviceAccount: kubernetesName.default(serviceAccount),
    })
    .prefault({});

const state = z.discriminatedUnion('backend', [
  z.strictObject({ backend: z.literal('local'), path: z.string().min(1).optional() }),
  z.strictObject({
    backend: z.literal('s3'),
    bucket: z.string().min(3),
    region: z.string().min(1),
    key: z.string().min(1).optional(),
  }),
  z.strictObject({ backend: z.literal('gcs'), bucket: z.string().min(3), prefix: z.string().min(1).optional() }),
]);

/** Where Terraform keeps its state. */
export type State = z.infer<typeof state>;

/** What a stack is told on either cloud. */
export const commonShape = {
  $schema: z.string().optional(),
  name: z
    .string()
    .regex(
      /^(?!.*--)[a-z][-a-z0-9]{0,18}[a-z0-9]$/,
      'use 2 to 20 lower-case letters, digits and single hyphens, a letter first',
    )
    .default('zenml'),
  protectData: z.boolean().default(true),
  state: state.default({ backend: 'local' }),
  server: account('zenml', 'zenml-workspace-server'),
  runners: account('zenml-workspace-namespace', 'zenml-workspace-service-account'),
  secretsOperator: account('external-secrets', 'external-secrets'),
  buildRunnerImages: z.boolean().default(true),
  secretsInSecretsManager: z.boolean().default(false),
  logDays: z.int().min(1).max(3650).default(365),
};

/** A database that is there already. */
export const existingDatabase = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65535).default(3306),
});
