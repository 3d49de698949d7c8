import type { Model } from '../../contract/operation-types.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { now, toApiInstant } from '../../database/instants.ts';
import { valueError } from '../../errors.ts';
import { type Lister, loadOne } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import type { SecretsService } from '../secrets/secrets-service.ts';
import { infoInstance, instanceOf, loadInstance, resourcesLoader } from './connector-instances.ts';
import { getConnectorType, listConnectorTypes } from './connector-types.ts';
import { clientResource, fullStackResources, verifyConnector } from './connector-verification.ts';
import { SERVICE_CONNECTOR_LIST, serviceConnectorLoader } from './service-connectors-read-model.ts';
import type { ServiceConnectorsService } from './service-connectors-service.ts';

/** The parts that the operations on service connectors need. */
export interface ServiceConnectorsParts {
  readonly db: Database;
  readonly list: Lister;
  readonly connectors: ServiceConnectorsService;
  readonly secrets: SecretsService;
}

/** The operations on service connectors and their types. */
export function serviceConnectorsOperations({ db, list, connectors, secrets }: ServiceConnectorsParts) {
  const withSecrets = serviceConnectorLoader(secrets.valuesOf);
  const withoutSecrets = serviceConnectorLoader(undefined);
  const loader = (expandSecrets: boolean | undefined) => (expandSecrets ? withSecrets : withoutSecrets);

  const describedConnector = async (info: Model<'ServiceConnectorInfo'> | null | undefined, id?: string | null) => {
    if (info != null && id != null) throw valueError('Only one of connector_info or connector_uuid must be provided.');
    if (info != null) return infoInstance(info);
    if (id != null) return loadInstance(db, secrets.valuesOf, id);
    throw valueError('Either connector_info or connector_uuid must be provided.');
  };

  return {
    list_service_connector_types_api_v1_service_connector_types_get: async ({ query }) => listConnectorTypes(query),

    get_service_connector_type_api_v1_service_connector_types__connector_type__get: async ({ path }) =>
      getConnectorType(path.connector_type),

    async list_service_connector_resources_api_v1_service_connectors_resources_get({ query, identity }) {
      const { resource_id, ...others } = query;
      const load = resourcesLoader(secrets.valuesOf, { type: query.resource_type, id: resource_id });
      return (await list({ ...SERVICE_CONNECTOR_LIST, load }, { query: others, identity })).items;
    },

    validate_and_verify_service_connector_config_api_v1_service_connectors_verify_post: async ({ body }) =>
      verifyConnector(instanceOf(body), {}),

    async get_resources_based_on_service_connector_info_api_v1_service_connectors_full_stack_resources_post(request) {
      const { body, query } = request;
      return fullStackResources(await describedConnector(body, query.connector_uuid));
    },

    async validate_and_verify_service_connector_api_v1_service_connectors__connector_id__verify_put({ path, query }) {
      const connector = await loadInstance(db, secrets.valuesOf, path.connector_id);
      return verifyConnector(connector, { type: query.resource_type, id: query.resource_id });
    },

    async get_service_connector_client_api_v1_service_connectors__connector_id__client_get({ path, query }) {
      const connector = await loadInstance(db, secrets.valuesOf, path.connector_id);
      const resource = clientResource(connector, { type: query.resource_type, id: query.resource_id });
      const stored = await loadOne(db, withSecrets, path.connector_id, FULL, 'service connector');
      return asClient(stored, resource);
    },

    list_service_connectors_api_v1_service_connectors_get: (request) =>
      list({ ...SERVICE_CONNECTOR_LIST, load: loader(request.query.expand_secrets) }, request),

    get_service_connector_api_v1_service_connectors__connector_id__get: ({ path, query }) =>
      loadOne(db, loader(query.expand_secrets), path.connector_id, depthOf(query.hydrate), 'service connector'),

    create_service_connector_api_v1_service_connectors_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = await connectors.create(tx, body, toDatabaseId(identity.user.id));
        return one(await withSecrets(tx, [id], FULL), id);
      }),

    update_service_connector_api_v1_service_connectors__connector_id__put: ({ path, body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.connector_id);
        await connectors.update(tx, id, body, toDatabaseId(identity.user.id));
        return one(await withSecrets(tx, [id], FULL), id);
      }),

    delete_service_connector_api_v1_service_connectors__connector_id__delete: ({ path, identity, transaction }) =>
      transaction(async (tx) => {
        await connectors.remove(tx, toDatabaseId(path.connector_id), toDatabaseId(identity.user.id));
        return null;
      }),
  } satisfies Handlers;
}

/** A connector that is limited to one resource; it is made on request and not stored. */
function asClient(
  connector: Model<'ServiceConnectorResponse'>,
  { type, id }: { type: string; id: string },
): Model<'ServiceConnectorResponse'> {
  if (!connector.body) return connector;
  const created = toApiInstant(now());
  return {
    ...connector,
    body: { ...connector.body, created, updated: created, resource_types: [type], resource_id: id },
  };
}
