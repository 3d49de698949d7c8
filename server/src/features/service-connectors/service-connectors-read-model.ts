import type { Selectable } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { decodeJsonText } from '../../database/encoded-json.ts';
import type { ServiceConnectorTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant, toNullableApiInstant } from '../../database/instants.ts';
import { rawJson } from '../../raw-json.ts';

type ServiceConnectorRow = Selectable<ServiceConnectorTable>;

/** Loads service connectors by database id as they are shown within another answer. */
export async function loadNestedServiceConnectors(
  connection: Connection,
  ids: readonly string[],
): Promise<Map<string, Model<'ServiceConnectorResponse'>>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('service_connector').selectAll().where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, toNestedServiceConnector(row)]));
}

/** A service connector as it is shown within another answer. */
export function toNestedServiceConnector(row: ServiceConnectorRow): Model<'ServiceConnectorResponse'> {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: fromNullableId(row.user_id),
      description: row.description,
      connector_type: row.connector_type ?? '',
      auth_method: row.auth_method ?? '',
      resource_types: rawJson(decodeJsonText(row.resource_types) ?? '[]'),
      resource_id: row.resource_id,
      supports_instances: row.supports_instances === 1,
      expires_at: toNullableApiInstant(row.expires_at),
      expires_skew_tolerance: row.expires_skew_tolerance,
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
    name: row.name,
  };
}
