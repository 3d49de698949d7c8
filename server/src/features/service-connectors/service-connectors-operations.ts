import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import type { SecretsService } from '../secrets/secrets-service.ts';
import { getConnectorType, listConnectorTypes } from './connector-types.ts';
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

  return {
    list_service_connector_types_api_v1_service_connector_types_get: async ({ query }) => listConnectorTypes(query),

    get_service_connector_type_api_v1_service_connector_types__connector_type__get: async ({ path }) =>
      getConnectorType(path.connector_type),

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
