import type { Model } from '../../contract/operation-types.ts';
import { ApiError, notImplemented, valueError } from '../../errors.ts';
import { singleResourceType, splitConfiguration } from './connector-configuration.ts';
import { type ConnectorType, offeredConnectorType, specificationOf } from './connector-types.ts';
import { configuredRegistry, registryOf } from './docker-registry.ts';

/** A service connector with its secrets, stored or not. */
export interface ConnectorInstance {
  /** API form; null before it is stored. */
  readonly id: string | null;
  readonly name: string | null;
  readonly typeName: string;
  readonly authMethod: string;
  readonly resourceTypes: readonly string[];
  readonly resourceId: string | null;
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Database form. */
  readonly expiresAt: string | null;
  /** How much earlier than that it counts as expired, seconds. */
  readonly expiresSkewTolerance: number | null;
}

/** What a client wants to reach through a connector. */
export interface WantedResource {
  readonly type?: string | null;
  readonly id?: string | null;
}

/** The resources that a connector gives access to. */
export type ConnectorResources = Model<'ServiceConnectorResourcesModel'>;

/** Seconds before their end from which credentials count as expired (ZenML 0.98.0 constants). */
const SKEW_TOLERANCE = 300;

/**
 * Tells what a connector gives access to. A container registry is not asked: no container engine runs beside the
 * server, so that the credentials are checked where they are used, as with the reference.
 * @throws ApiError NotImplementedError 501 for a type that this server does not offer, ValueError 400
 */
export function verifyConnector(connector: ConnectorInstance, wanted: WantedResource): ConnectorResources {
  const type = requireOffered(connector);
  const supported = supportedTypes(connector, type);
  if (wanted.type && !supported.includes(wanted.type)) {
    throw valueError(
      `connector${titleOf(connector)} does not support resource type: '${wanted.type}'. Supported resource types are: ` +
        supported.join(', '),
    );
  }
  const resource_type = wanted.type || (supported[0] ?? '');
  const shown = (ids: string[] | null, error: string | null): ConnectorResources => ({
    id: connector.id,
    name: connector.name,
    connector_type: type,
    resources: [{ resource_type, resource_ids: ids, error }],
    error,
  });
  if (hasExpired(connector)) return shown(null, EXPIRED);
  try {
    return shown([resolveResource(connector, type, { ...wanted, type: resource_type })], null);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.name === 'AuthorizationException') {
      return shown(null, `connector${titleOf(connector)} authorization failure: ${error.message}`);
    }
    throw valueError(`The connector configuration is incomplete or invalid: ${error.message}`);
  }
}

/**
 * The parts of a stack that a connector gives access to (ZenML 0.98.0 service_connectors/service_connector_utils.py). Parts
 * are named for the connectors of clouds only, which this server does not offer; the others are verified, and name none.
 * @throws ApiError NotImplementedError 501, ValueError 400
 */
export function fullStackResources(connector: ConnectorInstance): Model<'ServiceConnectorResourcesInfo'> {
  verifyConnector(connector, {});
  return {
    connector_type: connector.typeName,
    components_resources_info: { artifact_store: [], orchestrator: [], container_registry: [] },
  };
}

/**
 * The resource that a client of a connector reaches.
 * @throws ApiError NotImplementedError 501, ValueError 400, AuthorizationException 401
 */
export function clientResource(connector: ConnectorInstance, wanted: WantedResource): { type: string; id: string } {
  const type = requireOffered(connector);
  const resourceType = wanted.type || (supportedTypes(connector, type)[0] ?? '');
  checkResourceType(connector, resourceType);
  if (hasExpired(connector)) throw unauthorized(EXPIRED);
  return { type: resourceType, id: resolveResource(connector, type, { ...wanted, type: resourceType }) };
}

const EXPIRED = "the connector's authentication credentials have expired.";

/** Finds the type of a connector and checks its configuration. */
function requireOffered(connector: ConnectorInstance): ConnectorType {
  const type = offeredConnectorType(connector.typeName);
  if (!type) {
    throw notImplemented(
      `Service connector type ${connector.typeName} is not available locally. Please make sure the corresponding ` +
        'packages and/or ZenML integration are installed and try again.',
    );
  }
  try {
    const specification = specificationOf(type, connector.authMethod, singleResourceType(connector.resourceTypes));
    splitConfiguration(specification, connector.configuration);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw valueError(`The service connector configuration is not valid: ${reason}`);
  }
  return type;
}

function supportedTypes({ resourceTypes, authMethod }: ConnectorInstance, type: ConnectorType): string[] {
  const single = singleResourceType(resourceTypes);
  if (single !== undefined) return [single];
  return type.resource_types
    .filter((resource) => resource.auth_methods.includes(authMethod))
    .map((resource) => resource.resource_type);
}

function checkResourceType({ resourceTypes }: ConnectorInstance, wanted: string): void {
  const single = singleResourceType(resourceTypes);
  if (single === undefined || wanted === single) return;
  throw valueError(
    `the connector is configured to provide access to a '${single}' resource type, but a different resource type was ` +
      `requested: '${wanted}'.`,
  );
}

function resolveResource(connector: ConnectorInstance, type: ConnectorType, wanted: WantedResource): string {
  checkResourceType(connector, wanted.type ?? '');
  const { resource } = specificationOf(type, connector.authMethod, wanted.type ?? undefined);
  const only = configuredRegistry(connector.configuration);
  const asked = wanted.id || connector.resourceId;
  const id = asked ? registryOf(asked) : only;
  if (id !== only) {
    throw unauthorized(
      `The connector does not allow access to the provided '${id}' ${resource?.name} resource. It only allows access to ` +
        `the following resource: '${only}'.`,
    );
  }
  if (connector.resourceId && connector.resourceId !== id) {
    throw valueError(
      `the connector is configured to provide access to a single ${resource?.name} resource with a resource name of ` +
        `'${connector.resourceId}', but a different resource name was requested: '${id}'.`,
    );
  }
  return id;
}

function hasExpired({ expiresAt, expiresSkewTolerance }: ConnectorInstance): boolean {
  if (expiresAt === null) return false;
  const end = Date.parse(`${expiresAt.replace(' ', 'T')}Z`);
  return end - (expiresSkewTolerance ?? SKEW_TOLERANCE) * 1000 < Date.now();
}

function titleOf({ name }: ConnectorInstance): string {
  return name ? ` '${name}'` : '';
}

function unauthorized(message: string): ApiError {
  return new ApiError('AuthorizationException', message);
}
