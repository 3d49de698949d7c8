import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { decodeJson } from '../../database/encoded-json.ts';
import { fromDatabaseId, toDatabaseId } from '../../database/ids.ts';
import { toNullableDatabaseInstant } from '../../database/instants.ts';
import { ApiError } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import type { Loader } from '../../listing/page.ts';
import { connectorTypeName } from './connector-configuration.ts';
import { offeredConnectorType } from './connector-types.ts';
import {
  type ConnectorInstance,
  type ConnectorResources,
  verifyConnector,
  type WantedResource,
} from './connector-verification.ts';
import type { ReadSecrets } from './service-connectors-read-model.ts';

/** Loads service connectors with their secrets, by database id. */
export async function loadInstances(
  connection: Connection,
  readSecrets: ReadSecrets,
  ids: readonly string[],
): Promise<Map<string, ConnectorInstance>> {
  const rows = await connection.selectFrom('service_connector').selectAll().where('id', 'in', ids).execute();
  const secrets = await readSecrets(
    connection,
    rows.flatMap((row) => row.secret_id ?? []),
  );
  return new Map(
    rows.map((row) => {
      const open = (decodeJson(row.configuration) ?? {}) as Record<string, unknown>;
      const instance: ConnectorInstance = {
        id: fromDatabaseId(row.id),
        name: row.name,
        typeName: row.connector_type ?? '',
        authMethod: row.auth_method ?? '',
        resourceTypes: (decodeJson(row.resource_types) ?? []) as string[],
        resourceId: row.resource_id,
        configuration: { ...open, ...(row.secret_id ? secrets.get(row.secret_id) : undefined) },
        expiresAt: row.expires_at,
        expiresSkewTolerance: row.expires_skew_tolerance,
      };
      return [row.id, instance];
    }),
  );
}

/** Loads one service connector with its secrets. @throws ApiError KeyError 404 */
export async function loadInstance(
  connection: Connection,
  readSecrets: ReadSecrets,
  id: string,
): Promise<ConnectorInstance> {
  const databaseId = toDatabaseId(id);
  const instance = (await loadInstances(connection, readSecrets, [databaseId])).get(databaseId);
  if (!instance) throw noSuch('service connector', id);
  return instance;
}

/** What a request says of a connector, as far as using it depends on it. */
type DescribedConnector = Pick<Model<'ServiceConnectorRequest'>, 'connector_type' | 'auth_method'> &
  Partial<Model<'ServiceConnectorRequest'>>;

/** The connector that a request describes. */
export function instanceOf(request: DescribedConnector): ConnectorInstance {
  return {
    id: null,
    name: null,
    typeName: connectorTypeName(request.connector_type),
    authMethod: request.auth_method,
    resourceTypes: request.resource_types ?? [],
    resourceId: request.resource_id ?? null,
    configuration: request.configuration ?? {},
    expiresAt: toNullableDatabaseInstant(request.expires_at),
    expiresSkewTolerance: request.expires_skew_tolerance ?? null,
  };
}

/** The connector that somebody sets up a whole stack with, before there is one. */
export function infoInstance({ type, auth_method, configuration }: Model<'ServiceConnectorInfo'>): ConnectorInstance {
  return instanceOf({ connector_type: type, auth_method, configuration });
}

/** Loads what connectors give access to; those that do not give access to what is wanted are left out. */
export function resourcesLoader(readSecrets: ReadSecrets, wanted: WantedResource): Loader<ConnectorResources> {
  return async (connection, ids) => {
    const instances = await loadInstances(connection, readSecrets, ids);
    return new Map(
      [...instances].flatMap(([id, instance]) => {
        const resources = resourcesOf(instance, wanted);
        return resources ? [[id, resources]] : [];
      }),
    );
  };
}

function resourcesOf(instance: ConnectorInstance, wanted: WantedResource): ConnectorResources | undefined {
  if (!offeredConnectorType(instance.typeName)) return asConfigured(instance, wanted);
  try {
    return verifyConnector(instance, wanted);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** What the configuration alone tells of a connector that only the SDK can use. */
function asConfigured(instance: ConnectorInstance, wanted: WantedResource): ConnectorResources | undefined {
  if (wanted.id && instance.resourceId !== wanted.id) return undefined;
  const ids = instance.resourceId ? [instance.resourceId] : null;
  const error = ids ? null : `The service '${instance.typeName}' connector type is not available.`;
  return {
    id: instance.id,
    name: instance.name,
    connector_type: instance.typeName,
    resources: (wanted.type ? [wanted.type] : instance.resourceTypes).map((resource_type) => ({
      resource_type,
      resource_ids: ids,
      error,
    })),
    error: null,
  };
}
