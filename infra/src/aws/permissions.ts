import type { Statement } from './policy.ts';

/** What the permissions are about; ARNs. */
export interface Places {
  readonly artifacts: string;
  readonly logs: string;
  readonly logPrefix: string;
  readonly key: string;
  /** What the addresses of the region's services end with. */
  readonly services: string;
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

/** The key, for what a service of AWS does for the caller, and for nothing else that the key encrypts. */
function useKey({ key, services }: Places, service: string, actions: readonly string[]): Statement {
  return {
    sid: 'UseKey',
    actions: actions.map((action) => `kms:${action}`),
    resources: [key],
    condition: { StringEquals: { 'kms:ViaService': `${service}.${services}` } },
  };
}

/** Look images up, let builders push them (with a token of this role), keep logs, read and delete artifacts. */
export function serverPermissions(places: Places, { buildImages }: { buildImages: boolean }): Statement[] {
  const { artifacts, logs, logPrefix } = places;
  return [
    {
      sid: 'LookUpImages',
      actions: ['ecr:BatchGetImage'],
      resources: [places.runnerImages, ...places.otherImages],
    },
    ...(buildImages ? buildingPermissions(places) : []),
    { sid: 'KeepLogs', actions: ['s3:PutObject', 's3:GetObject'], resources: [`${logs}/${logPrefix}/*`] },
    {
      sid: 'ListLogs',
      actions: ['s3:ListBucket'],
      resources: [logs],
      condition: { StringLike: { 's3:prefix': `${logPrefix}/*` } },
    },
    { sid: 'ReadAndDeleteArtifacts', actions: ['s3:GetObject', 's3:DeleteObject'], resources: [`${artifacts}/*`] },
    { sid: 'ListArtifacts', actions: ['s3:ListBucket'], resources: [artifacts] },
    useKey(places, 's3', ['Decrypt', 'GenerateDataKey']),
    ...(places.keptSecrets === undefined ? [] : [keepSecrets(places.keptSecrets)]),
  ];
}

/** What builders do with the server's token, and how the server gets it. */
function buildingPermissions({ runnerImages, otherImages }: Places): Statement[] {
  return [
    logInToRegistry,
    { sid: 'FindRepository', actions: ['ecr:DescribeRepositories'], resources: [runnerImages] },
    { sid: 'PullForBuilders', actions: PULL, resources: [runnerImages, ...otherImages] },
    { sid: 'PushRunnerImages', actions: PUSH, resources: [runnerImages] },
  ];
}

/** The calls of server/src/secrets/aws-secrets-store.ts; secrets are made with their tags. */
function keepSecrets(secrets: string): Statement {
  const calls = ['CreateSecret', 'TagResource', 'GetSecretValue', 'DescribeSecret', 'PutSecretValue', 'DeleteSecret'];
  return { sid: 'KeepSecrets', actions: calls.map((call) => `secretsmanager:${call}`), resources: [secrets] };
}

/** Pull images, and read and write artifacts. Logs are kept by the server, images pushed by builders. */
export function runnerPermissions(places: Places): Statement[] {
  const { artifacts, runnerImages, otherImages } = places;
  return [
    logInToRegistry,
    { sid: 'PullImages', actions: PULL, resources: [runnerImages, ...otherImages] },
    {
      sid: 'WriteArtifacts',
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      resources: [`${artifacts}/*`],
    },
    { sid: 'ListArtifacts', actions: ['s3:ListBucket'], resources: [artifacts] },
    useKey(places, 's3', ['Decrypt', 'GenerateDataKey']),
  ];
}

/** Read the server's secret, to make the Secret of the cluster from it. */
export function secretsOperatorPermissions(places: Places): Statement[] {
  const actions = ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'];
  return [
    { sid: 'ReadServerSecret', actions, resources: [places.serverSecret] },
    useKey(places, 'secretsmanager', ['Decrypt']),
  ];
}
