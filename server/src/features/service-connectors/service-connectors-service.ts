import type { BodyOf } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { decodeJson, encodeJson } from '../../database/encoded-json.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { toDatabaseInstant, toNullableDatabaseInstant } from '../../database/instants.ts';
import { illegalOperation } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import type { SecretsService } from '../secrets/secrets-service.ts';
import { connectorTypeName, scopeOf, singleResourceType, splitConfiguration } from './connector-configuration.ts';
import { knownConnectorType, specificationOf } from './connector-types.ts';
import * as store from './service-connectors-store.ts';

type ServiceConnectorRequest = BodyOf<'create_service_connector_api_v1_service_connectors_post'>;
type ServiceConnectorUpdate = BodyOf<'update_service_connector_api_v1_service_connectors__connector_id__put'>;
type ServiceConnectorRow = store.StoredServiceConnector;

/** The rules of service connectors; ids in database form. */
export interface ServiceConnectorsService {
  /** Creates a service connector and returns its id. @throws ApiError 400, 409 */
  create(transaction: Transaction, request: ServiceConnectorRequest, userId: string): Promise<string>;
  /** Changes a service connector. @throws ApiError 400, 403, 404, 409 */
  update(transaction: Transaction, id: string, update: ServiceConnectorUpdate, userId: string): Promise<void>;
  /** Has a service connector hand out lasting tokens, where its method would make temporary ones of them. */
  giveLastingTokens(transaction: Transaction, id: string): Promise<void>;
  /** Deletes a service connector that no component uses, and its secret. @throws ApiError 403, 404 */
  remove(transaction: Transaction, id: string, userId: string): Promise<void>;
}

/** @param secrets keeps the secret part of configurations. */
export function createServiceConnectorsService(secrets: SecretsService): ServiceConnectorsService {
  return {
    async create(transaction, request, userId) {
      const { configuration, ...values } = checkRequest(request);
      const id = await store.insertServiceConnector(transaction, {
        ...values,
        configuration: encodeUnlessEmpty(configuration.open),
        user_id: userId,
      });
      // Kept once the name is known to be free: who tries another one leaves no secret behind.
      const secret = { name: `connector-${request.name}`, userId, values: configuration.secret };
      const secretId = await secrets.setInternal(transaction, null, secret);
      if (secretId) await store.updateServiceConnector(transaction, id, { secret_id: secretId });
      return id;
    },

    async update(transaction, id, update, userId) {
      const connector = await store.lockServiceConnector(transaction, id);
      if (!connector) throw noSuch('service connector', id);
      if ((await store.countComponentsOf(transaction, id)) > 0) refuseChangeInUse(connector, update);
      const { configuration, ...scope } = checkUpdate(connector, update);
      await store.updateServiceConnector(transaction, id, { ...valuesOf(update), ...scope });
      if (!configuration) return;
      const secret = { name: `connector-${connector.name}`, userId, values: configuration.secret };
      await store.updateServiceConnector(transaction, id, {
        configuration: encodeUnlessEmpty(configuration.open),
        secret_id: await secrets.setInternal(transaction, connector.secret_id, secret),
      });
    },

    async giveLastingTokens(transaction, id) {
      const connector = await store.lockServiceConnector(transaction, id);
      if (!connector) throw noSuch('service connector', id);
      if (!hasAttribute(connector, 'generate_temporary_tokens')) return;
      const open = (decodeJson(connector.configuration) ?? {}) as Record<string, unknown>;
      const configuration = encodeJson({ ...open, generate_temporary_tokens: false });
      await store.updateServiceConnector(transaction, id, { configuration });
    },

    async remove(transaction, id, userId) {
      const connector = await store.lockServiceConnector(transaction, id);
      if (!connector) throw noSuch('service connector', id);
      const components = await store.countComponentsOf(transaction, id);
      if (components > 0) {
        throw illegalOperation(
          `Service connector with ID ${fromDatabaseId(id)} cannot be deleted as it is still referenced by ` +
            `${components} stack components. Before deleting this service connector, make sure to remove it from ` +
            'all stack components.',
        );
      }
      await store.deleteServiceConnector(transaction, id);
      await secrets.setInternal(transaction, connector.secret_id, { name: connector.name, userId, values: {} });
    },
  };
}

/** A connector of an unknown type is stored as it is: nobody here knows which of its values are secrets. */
function checkRequest(request: ServiceConnectorRequest) {
  const typeName = connectorTypeName(request.connector_type);
  const type = knownConnectorType(typeName);
  const specification = type && specificationOf(type, request.auth_method, singleResourceType(request.resource_types));
  const configuration = request.configuration ?? {};
  const scope =
    type && specification
      ? scopeOf(type, specification)
      : { resource_types: request.resource_types ?? [], supports_instances: request.supports_instances };
  return {
    name: request.name,
    description: request.description,
    connector_type: typeName,
    auth_method: request.auth_method,
    ...columnsOf(scope),
    resource_id: request.resource_id ?? null,
    expires_at: toNullableDatabaseInstant(request.expires_at),
    expires_skew_tolerance: request.expires_skew_tolerance ?? null,
    expiration_seconds: request.expiration_seconds ?? null,
    labels: encodeUnlessEmpty(request.labels ?? {}),
    configuration: specification
      ? splitConfiguration(specification, configuration)
      : { open: configuration, secret: {} },
  };
}

/** Checks what an update says of scope and configuration. What it does not name stays. */
function checkUpdate(connector: ServiceConnectorRow, update: ServiceConnectorUpdate) {
  const type = knownConnectorType(connector.connector_type ?? '');
  if (!type) {
    const { resource_types, supports_instances } = update;
    return {
      ...(resource_types != null && { resource_types: encodeJson(resource_types) }),
      ...(supports_instances != null && { supports_instances: supports_instances ? 1 : 0 }),
      ...(update.configuration != null && { configuration: { open: update.configuration, secret: {} } }),
    };
  }
  const resourceTypes = update.resource_types ?? resourceTypesOf(connector);
  const authMethod = update.auth_method ?? connector.auth_method ?? '';
  const specification = specificationOf(type, authMethod, singleResourceType(resourceTypes));
  return {
    ...columnsOf(scopeOf(type, specification)),
    ...(update.configuration != null && { configuration: splitConfiguration(specification, update.configuration) }),
  };
}

/** A resource id and an expiration that the update leaves out are removed, as in the reference. */
function valuesOf(update: ServiceConnectorUpdate): Partial<store.ServiceConnectorValues> {
  return {
    resource_id: update.resource_id ?? null,
    expiration_seconds: update.expiration_seconds ?? null,
    ...(update.name != null && { name: update.name }),
    ...(update.description != null && { description: update.description }),
    ...(update.connector_type != null && { connector_type: connectorTypeName(update.connector_type) }),
    ...(update.auth_method != null && { auth_method: update.auth_method }),
    ...(update.expires_at != null && { expires_at: toDatabaseInstant(update.expires_at) }),
    ...(update.expires_skew_tolerance != null && { expires_skew_tolerance: update.expires_skew_tolerance }),
    ...(update.labels != null && { labels: encodeUnlessEmpty(update.labels) }),
  };
}

/** What components rely on stays while they use the connector. */
function refuseChangeInUse(connector: ServiceConnectorRow, update: ServiceConnectorUpdate): void {
  const { connector_type, auth_method, resource_types } = update;
  const changed = (what: string) =>
    illegalOperation(
      `The ${what} of a service connector that is already actively used in one or more stack components cannot be changed.`,
    );
  if (connector_type && connectorTypeName(connector_type) !== connector.connector_type) throw changed('service type');
  if (auth_method && auth_method !== connector.auth_method) throw changed('authentication method');
  if (resource_types?.length && JSON.stringify(resource_types) !== JSON.stringify(resourceTypesOf(connector))) {
    throw changed('resource type');
  }
  if ((update.resource_id ?? null) !== connector.resource_id) throw changed('resource ID');
}

/** Whether the configuration of a connector may have an attribute, as far as its type is known. */
function hasAttribute({ connector_type, auth_method }: ServiceConnectorRow, name: string): boolean {
  const type = knownConnectorType(connector_type ?? '');
  const method = type?.auth_methods.find((candidate) => candidate.auth_method === auth_method);
  return name in ((method?.config_schema as { properties?: object } | undefined)?.properties ?? {});
}

function resourceTypesOf(connector: ServiceConnectorRow): string[] {
  return (decodeJson(connector.resource_types) ?? []) as string[];
}

function columnsOf(scope: { resource_types: readonly string[]; supports_instances: boolean }) {
  return {
    resource_types: encodeJson(scope.resource_types),
    supports_instances: scope.supports_instances ? 1 : 0,
  };
}

function encodeUnlessEmpty(value: object): Buffer | null {
  return Object.keys(value).length > 0 ? encodeJson(value) : null;
}
