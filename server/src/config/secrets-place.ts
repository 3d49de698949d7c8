import { z } from 'zod';
import type { Environment } from './environment.ts';
import { jsonObject, oneOf, text } from './formats.ts';
import { optional, type ValuesOf } from './variable.ts';

/** A column of the database. */
export interface SqlSecretsPlace {
  readonly type: 'sql';
}

/** AWS Secrets Manager of a region. */
export interface AwsSecretsPlace {
  readonly type: 'aws';
  readonly region: string;
  /** Left out: found where AWS' SDK looks (environment, profile, web identity, pod identity, instance). */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  readonly profile?: string;
}

/** Where values are kept. */
export type SecretsPlace = SqlSecretsPlace | AwsSecretsPlace;

const AWS_METHODS = ['implicit', 'secret-key', 'sts-token'] as const;

/** The variables of a place outside of the database; both stores have them. */
export function placeVariables(prefix: 'ZENML_SECRETS_STORE_' | 'ZENML_BACKUP_SECRETS_STORE_') {
  return {
    authMethod: optional(`${prefix}AUTH_METHOD`, oneOf(...AWS_METHODS), {
      unset: 'required by `aws`',
      doc: 'How to log in to AWS: `implicit`, with what AWS’ SDK finds (a role of the pod or instance, a profile, `AWS_` variables), `secret-key` or `sts-token`. A role is assumed by web identity, pod identity or a profile; ZenML’s `iam-role`, `session-token` and `federation-token` are not offered.',
    }),
    authConfig: optional(`${prefix}AUTH_CONFIG`, jsonObject(z.unknown()), {
      secret: true,
      doc: 'What belongs to the method, a JSON object. `aws`: `region`, `profile_name`, `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token`.',
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
  };
}

type PlaceVariables = ReturnType<typeof placeVariables>;

/** Reads a place; where it is wrong, the environment has the mistakes and the answer is the database. */
export function readPlace(
  environment: Environment,
  type: SecretsPlace['type'],
  variables: PlaceVariables,
  values: ValuesOf<PlaceVariables>,
): SecretsPlace {
  if (type === 'aws') return readAws(environment, variables, values) ?? { type: 'sql' };
  warnOfUnused(environment, variables, type);
  return { type };
}

function warnOfUnused(environment: Environment, variables: PlaceVariables, type: string): void {
  const { authMethod, authConfig, regionName, accessKeyId, secretAccessKey } = variables;
  for (const { name } of [authMethod, authConfig, regionName, accessKeyId, secretAccessKey]) {
    if (environment.has(name)) environment.warnings.push(`${name} has no effect on a secrets store of type ${type}.`);
  }
}

/** The former variables go first, as in ZenML. */
function authOf(values: ValuesOf<PlaceVariables>) {
  const { regionName: region, accessKeyId, secretAccessKey } = values;
  if (region === undefined) return { method: values.authMethod, config: values.authConfig ?? {} };
  if (accessKeyId === undefined || secretAccessKey === undefined)
    return { method: 'implicit' as const, config: { region } };
  const config = { region, aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey };
  return { method: 'secret-key' as const, config };
}

function readAws(
  environment: Environment,
  variables: PlaceVariables,
  values: ValuesOf<PlaceVariables>,
): AwsSecretsPlace | undefined {
  const { method, config } = authOf(values);
  if (method === undefined) {
    if (!environment.has(variables.authMethod.name))
      environment.mistake(variables.authMethod.name, `must be one of ${AWS_METHODS.join(', ')} for aws.`);
    return undefined;
  }
  const texts: Readonly<Record<string, unknown>> = config;
  const missing: string[] = [];
  const need = (key: string): string => {
    const value = texts[key];
    if (typeof value === 'string' && value !== '') return value;
    missing.push(key);
    return '';
  };
  const region = need('region');
  const keys = () => ({ accessKeyId: need('aws_access_key_id'), secretAccessKey: need('aws_secret_access_key') });
  const credentials = {
    implicit: () => undefined,
    'secret-key': keys,
    'sts-token': () => ({ ...keys(), sessionToken: need('aws_session_token') }),
  }[method]();
  if (missing.length > 0) {
    environment.mistake(
      variables.authConfig.name,
      `must have the text${missing.length > 1 ? 's' : ''} ${missing.join(', ')} for the method ${method}.`,
    );
    return undefined;
  }
  const profile =
    method === 'implicit' && typeof texts['profile_name'] === 'string' ? texts['profile_name'] : undefined;
  if (method === 'implicit' && texts['role_arn'] != null) {
    environment.mistake(
      variables.authConfig.name,
      'must not have role_arn: name a profile that assumes the role, or give the pod the role.',
    );
    return undefined;
  }
  return { type: 'aws', region, ...(credentials && { credentials }), ...(profile && { profile }) };
}
