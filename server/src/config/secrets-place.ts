import { z } from 'zod';
import { AuthTexts } from './auth-texts.ts';
import type { Environment } from './environment.ts';
import { jsonObject, oneOf, text } from './formats.ts';
import { optional, type ValuesOf } from './variable.ts';

/** A column of the database. */
export interface SqlSecretsPlace {
  readonly type: 'sql';
}

/** What calls to AWS are signed with. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Keys for a time that are got with the other ones: those of a role, or of the same user. */
export type AwsSession =
  | { readonly kind: 'token' }
  | {
      readonly kind: 'role';
      readonly roleArn: string;
      /** What narrows the role: a policy's JSON, or policies of the account. */
      readonly policy?: string;
      readonly policyArns?: readonly string[];
    };

/** AWS Secrets Manager of a region. */
export interface AwsSecretsPlace {
  readonly type: 'aws';
  readonly region: string;
  /** Left out: found where AWS' SDK looks (environment, profile, web identity, pod identity, instance). */
  readonly credentials?: AwsKeys;
  readonly profile?: string;
  readonly session?: AwsSession;
}

/** Google's Secret Manager of a project. */
export interface GcpSecretsPlace {
  readonly type: 'gcp';
  readonly projectId: string;
  /** A token that is used as it is. */
  readonly token?: string;
  /** A key or a description of another account, as Google's files have it. Left out: found where Google's library looks. */
  readonly credentials?: Readonly<Record<string, unknown>>;
  /** The service account that these act as. */
  readonly impersonate?: string;
}

/** Where values are kept. */
export type SecretsPlace = SqlSecretsPlace | AwsSecretsPlace | GcpSecretsPlace;

const METHODS = {
  aws: ['implicit', 'secret-key', 'sts-token', 'iam-role', 'session-token'],
  gcp: ['implicit', 'user-account', 'service-account', 'external-account', 'oauth2-token', 'impersonation'],
} as const;

const { aws: AWS, gcp: GCP } = METHODS;
const EVERY_METHOD = [...AWS, ...GCP.slice(1)] as [Method, ...Method[]];
type Method = (typeof METHODS)['aws' | 'gcp'][number];

/** The variables of a place outside of the database; both stores have them. */
export function placeVariables(prefix: 'ZENML_SECRETS_STORE_' | 'ZENML_BACKUP_SECRETS_STORE_') {
  return {
    authMethod: optional(`${prefix}AUTH_METHOD`, oneOf(...EVERY_METHOD), {
      unset: 'required by `aws` and `gcp`',
      doc: 'How to log in. `implicit`: with what the cloud’s library finds (a role or service account of the pod or instance, a profile, variables of the cloud). `aws` also by `secret-key`, `sts-token`, `iam-role` and `session-token`; ZenML’s `federation-token` is not offered. `gcp` also by the others.',
    }),
    authConfig: optional(`${prefix}AUTH_CONFIG`, jsonObject(z.unknown()), {
      secret: true,
      doc: 'What belongs to the method, a JSON object. `aws`: `region`, `profile_name`, `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token`; `role_arn` (also of `implicit`) with `policy` or `policy_arns`. `gcp`: `project_id`, `user_account_json`, `service_account_json`, `external_account_json`, `token`, `target_principal`.',
    }),
    regionName: optional(`${prefix}REGION_NAME`, text, {
      doc: 'Former way to say the region of `aws`, in place of both variables above; `implicit` without the two below.',
    }),
    accessKeyId: optional(`${prefix}AWS_ACCESS_KEY_ID`, text, {
      secret: true,
      doc: 'Belongs to the region’s former variable.',
    }),
    secretAccessKey: optional(`${prefix}AWS_SECRET_ACCESS_KEY`, text, {
      secret: true,
      doc: 'Belongs to the region’s former variable.',
    }),
    projectId: optional(`${prefix}PROJECT_ID`, text, {
      doc: 'Former way to say the project of `gcp`, in place of method and configuration; `implicit`.',
    }),
  };
}

type PlaceVariables = ReturnType<typeof placeVariables>;
type PlaceValues = ValuesOf<PlaceVariables>;

/** Reads a place; where it is wrong, the environment has the mistakes and the answer is the database. */
export function readPlace(
  environment: Environment,
  type: SecretsPlace['type'],
  variables: PlaceVariables,
  values: PlaceValues,
): SecretsPlace {
  warnOfUnused(environment, type, variables);
  if (type === 'sql') return { type };
  const { method, config } = authOf(type, values);
  const { authMethod, authConfig } = variables;
  if (!isMethodOf(type, method)) {
    // One that is none at all has been told already.
    if (method !== undefined || !environment.has(authMethod.name))
      environment.mistake(authMethod.name, `must be one of ${METHODS[type].join(', ')} for ${type}.`);
    return { type: 'sql' };
  }
  const texts = new AuthTexts(config);
  const place = type === 'aws' ? awsPlace(method, texts) : gcpPlace(method, texts);
  if (texts.missing.length > 0 && (values.authConfig !== undefined || !environment.has(authConfig.name))) {
    environment.mistake(authConfig.name, `must have ${texts.missing.join(', ')} for the method ${method}.`);
  }
  return place;
}

function warnOfUnused(environment: Environment, type: SecretsPlace['type'], variables: PlaceVariables): void {
  const { authMethod, authConfig, regionName, accessKeyId, secretAccessKey, projectId } = variables;
  const ofAws = [regionName, accessKeyId, secretAccessKey];
  const unused = {
    sql: [authMethod, authConfig, ...ofAws, projectId],
    aws: [projectId],
    gcp: ofAws,
  }[type];
  for (const { name } of unused) {
    if (environment.has(name)) environment.warnings.push(`${name} has no effect on a secrets store of type ${type}.`);
  }
}

/** The former variables go first, as in ZenML. */
function authOf(
  type: 'aws' | 'gcp',
  values: PlaceValues,
): { method: Method | undefined; config: Readonly<Record<string, unknown>> } {
  const { regionName: region, accessKeyId, secretAccessKey, projectId } = values;
  if (type === 'gcp' && projectId !== undefined) return { method: 'implicit', config: { project_id: projectId } };
  if (type === 'gcp' || region === undefined) return { method: values.authMethod, config: values.authConfig ?? {} };
  if (accessKeyId === undefined || secretAccessKey === undefined) return { method: 'implicit', config: { region } };
  const config = { region, aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey };
  return { method: 'secret-key', config };
}

function isMethodOf(type: 'aws' | 'gcp', method: Method | undefined): method is Method {
  const methods: readonly (Method | undefined)[] = METHODS[type];
  return method !== undefined && methods.includes(method);
}

function awsPlace(method: Method, texts: AuthTexts): AwsSecretsPlace {
  const region = texts.need('region');
  if (method === 'implicit') {
    const profile = texts.find('profile_name');
    const session = texts.find('role_arn') !== undefined && roleOf(texts);
    return { type: 'aws', region, ...(profile !== undefined && { profile }), ...(session && { session }) };
  }
  const keys = {
    accessKeyId: texts.need('aws_access_key_id'),
    secretAccessKey: texts.need('aws_secret_access_key'),
  };
  const place = { type: 'aws', region, credentials: keys } as const;
  switch (method) {
    case 'sts-token':
      return { ...place, credentials: { ...keys, sessionToken: texts.need('aws_session_token') } };
    case 'iam-role':
      return { ...place, session: roleOf(texts) };
    case 'session-token':
      return { ...place, session: { kind: 'token' } };
    default:
      return place;
  }
}

/** A policy goes before policies of the account, as in ZenML. */
function roleOf(texts: AuthTexts): AwsSession {
  const role = { kind: 'role', roleArn: texts.need('role_arn') } as const;
  const policy = texts.find('policy');
  if (policy !== undefined) return { ...role, policy };
  const policyArns = texts.findList('policy_arns');
  return { ...role, ...(policyArns && { policyArns }) };
}

function gcpPlace(method: Method, texts: AuthTexts): GcpSecretsPlace {
  const place = (more: Partial<GcpSecretsPlace> = {}): GcpSecretsPlace => {
    // A service account's key names the project that it belongs to.
    const own = more.credentials?.['project_id'];
    const projectId = texts.find('project_id') ?? (typeof own === 'string' ? own : texts.need('project_id'));
    return { type: 'gcp', projectId, ...more };
  };
  switch (method) {
    case 'user-account':
      return place({ credentials: texts.needObject('user_account_json') });
    case 'service-account':
      return place({ credentials: texts.needObject('service_account_json') });
    case 'external-account':
      return place({ credentials: texts.needObject('external_account_json') });
    case 'impersonation':
      return place({
        credentials: texts.needObject('service_account_json'),
        impersonate: texts.need('target_principal'),
      });
    case 'oauth2-token':
      return place({ token: texts.need('token') });
    default:
      return place();
  }
}
