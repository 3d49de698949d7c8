import type { Statement } from './policy.ts';

/** What the permissions are about; ARNs. */
export interface Places {
  readonly artifacts: string;
  readonly logs: string;
  readonly logPrefix: string;
  readonly key: string;
  readonly runnerImages: string;
  /** Repositories whose images the server looks up and runners pull, beside those that are built. */
  readonly otherImages: readonly string[];
  readonly serverSecret: string;
  /** The secrets that the server keeps; none where they are in the database. */
  readonly keptSecrets?: string;
}

const PULL = ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'];
const PUSH = ['ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload', 'ecr:PutImage'];

/** AWS knows no narrower resource for this one. */
const logInToRegistry: Statement = {
  sid: 'LogInToRegistry',
  actions: ['ecr:GetAuthorizationToken'],
  resources: ['*'],
};

/** Look images up, let builders push them (with a token of this role), keep logs, read and delete artifacts. */
export function serverPermissions(places: Places, { buildImages }: { buildImages: boolean }): Statement[] {
  const { artifacts, logs, logPrefix } = places;
  return [
    logInToRegistry,
    {
      sid: 'LookUpImages',
      actions: ['ecr:DescribeRepositories', ...PULL],
      resources: [places.runnerImages, ...places.otherImages],
    },
    ...(buildImages ? [{ sid: 'PushRunnerImages', actions: PUSH, resources: [places.runnerImages] }] : []),
    { sid: 'KeepLogs', actions: ['s3:PutObject', 's3:GetObject'], resources: [`${logs}/${logPrefix}/*`] },
    {
      sid: 'ListLogs',
      actions: ['s3:ListBucket'],
      resources: [logs],
      condition: { StringLike: { 's3:prefix': [logPrefix, `${logPrefix}/*`] } },
    },
    { sid: 'ReadAndDeleteArtifacts', actions: ['s3:GetObject', 's3:DeleteObject'], resources: [`${artifacts}/*`] },
    { sid: 'ListArtifacts', actions: ['s3:ListBucket'], resources: [artifacts] },
    { sid: 'UseKey', actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [places.key] },
    ...(places.keptSecrets === undefined ? [] : [keepSecrets(places.keptSecrets)]),
  ];
}

/** The calls of server/src/secrets/aws-secrets-store.ts; secrets are made with their tags. */
function keepSecrets(secrets: string): Statement {
  const calls = ['CreateSecret', 'TagResource', 'GetSecretValue', 'DescribeSecret', 'PutSecretValue', 'DeleteSecret'];
  return { sid: 'KeepSecrets', actions: calls.map((call) => `secretsmanager:${call}`), resources: [secrets] };
}

/** Pull images, and read and write artifacts. Logs are kept by the server, images pushed by builders. */
export function runnerPermissions({ artifacts, key, runnerImages, otherImages }: Places): Statement[] {
  return [
    logInToRegistry,
    { sid: 'PullImages', actions: PULL, resources: [runnerImages, ...otherImages] },
    {
      sid: 'WriteArtifacts',
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      resources: [`${artifacts}/*`],
    },
    { sid: 'ListArtifacts', actions: ['s3:ListBucket'], resources: [artifacts] },
    { sid: 'UseKey', actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [key] },
  ];
}

/** Read the server's secret, to make the Secret of the cluster from it. */
export function secretsOperatorPermissions({ serverSecret, key }: Places): Statement[] {
  const actions = ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'];
  return [
    { sid: 'ReadServerSecret', actions, resources: [serverSecret] },
    { sid: 'DecryptIt', actions: ['kms:Decrypt'], resources: [key] },
  ];
}
