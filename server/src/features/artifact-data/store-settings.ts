import type { GcsSettings } from '../../artifact-stores/gcs-store.ts';
import type { S3Settings } from '../../artifact-stores/s3-store.ts';

type Values = Readonly<Record<string, unknown>>;

/** Credentials of a service connector. */
export interface ConnectorCredentials {
  readonly typeName: string;
  readonly authMethod: string;
  readonly configuration: Values;
}

/** What cannot be used of a configuration, in words. */
export class UnusableStoreError extends Error {
  override name = 'UnusableStoreError';
}

/**
 * How a bucket of the flavor `s3`, or of one of its relatives, is reached.
 * @param secret the values of the configured authentication secret
 * @throws {UnusableStoreError}
 */
export function toS3Settings(
  flavor: string,
  configuration: Values,
  secret: Values | undefined,
  connector: ConnectorCredentials | undefined,
): S3Settings {
  const client = objectOf(configuration['client_kwargs']);
  const more = objectOf(configuration['config_kwargs']);
  const endpoint = textOf(client['endpoint_url']) ?? endpointOf(flavor, configuration, connector);
  const region =
    textOf(client['region_name']) ?? textOf(more['region_name']) ?? textOf(connector?.configuration['region']);
  const style = textOf(objectOf(more['s3'])['addressing_style']);
  const credentials = connector ? credentialsOfConnector(connector) : credentialsOf(secret ?? configuration);
  return {
    ...(credentials && { credentials }),
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint: endpoint.replace(/\/+$/, '') }),
    ...(style !== undefined && style !== 'auto' && { pathStyle: style === 'path' }),
  };
}

function endpointOf(flavor: string, configuration: Values, connector: ConnectorCredentials | undefined) {
  const region = textOf(configuration['region']);
  if (flavor === 'digitalocean' && region) return `https://${region}.digitaloceanspaces.com`;
  return textOf(connector?.configuration['endpoint_url']);
}

function credentialsOfConnector({ typeName, authMethod, configuration }: ConnectorCredentials) {
  if (typeName !== 'aws') throw new UnusableStoreError(`its service connector is of the type ${typeName} and not aws`);
  if (authMethod === 'implicit' && textOf(configuration['role_arn']) === undefined) return undefined;
  if (authMethod === 'secret-key' || authMethod === 'sts-token') return credentialsOf(configuration);
  throw new UnusableStoreError(`this server does not log in to AWS by the method ${authMethod} of service connectors`);
}

/** Under the names of AWS' secrets, of other services', or of the flavor's own configuration. */
function credentialsOf(values: Values): S3Settings['credentials'] {
  const accessKeyId = firstOf(values, 'aws_access_key_id', 'access_key_id', 'key');
  const secretAccessKey = firstOf(values, 'aws_secret_access_key', 'secret_access_key', 'secret');
  const sessionToken = firstOf(values, 'aws_session_token', 'session_token', 'token');
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

/** The member of a connector's configuration that holds a file of credentials, by authentication method. */
const GOOGLE_FILES: Readonly<Record<string, string>> = {
  'user-account': 'user_account_json',
  'service-account': 'service_account_json',
  'external-account': 'external_account_json',
};

/** How a bucket of the flavor `gcp` is reached. @throws {UnusableStoreError} */
export function toGcsSettings(secret: Values | undefined, connector: ConnectorCredentials | undefined): GcsSettings {
  if (!connector) return secret ? { credentials: parseCredentials(secret['token']) } : {};
  const { typeName, authMethod, configuration } = connector;
  if (typeName !== 'gcp') throw new UnusableStoreError(`its service connector is of the type ${typeName} and not gcp`);
  const projectId = textOf(configuration['project_id']);
  const project = projectId === undefined ? {} : { projectId };
  if (authMethod === 'implicit') return project;
  const file = GOOGLE_FILES[authMethod];
  if (file !== undefined) return { credentials: parseCredentials(configuration[file]), ...project };
  throw new UnusableStoreError(`this server does not log in to GCP by the method ${authMethod} of service connectors`);
}

function parseCredentials(value: unknown): Values {
  const credentials = objectOf(value);
  if (Object.keys(credentials).length > 0) return credentials;
  throw new UnusableStoreError('its credentials are no JSON object');
}

/** A JSON object, which the command line passes on as a text. */
function objectOf(value: unknown): Values {
  const parsed = typeof value === 'string' ? parse(value) : value;
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Values) : {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function firstOf(values: Values, ...names: readonly string[]): string | undefined {
  return names.map((name) => textOf(values[name])).find((text) => text !== undefined);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
