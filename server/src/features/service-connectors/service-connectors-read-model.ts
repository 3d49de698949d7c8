import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { decodeJson, decodeJsonText } from '../../database/encoded-json.ts';
import type { ServiceConnectorTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant, toNullableApiInstant } from '../../database/instants.ts';
import { parseExactly } from '../../exact-numbers.ts';
import type { Condition, Operand } from '../../listing/comparisons.ts';
import { columnOf, custom, text, USER_SCOPED_FIELDS } from '../../listing/fields.ts';
import { type ListDefinition, noSuch } from '../../listing/lister.ts';
import type { Loader } from '../../listing/page.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { rawJson } from '../../raw-json.ts';
import type { SecretValues } from '../../secrets/secrets-store.ts';
import { loadOwners } from '../users/users-read-model.ts';
import { shownConnectorType } from './connector-types.ts';
import { type Label, parseLabels } from './label-filter.ts';

type ServiceConnectorResponse = Model<'ServiceConnectorResponse'>;
type ServiceConnectorRow = Selectable<ServiceConnectorTable>;

/** Loads service connectors by database id as they are shown within another answer. */
export async function loadNestedServiceConnectors(
  connection: Connection,
  ids: readonly string[],
): Promise<Map<string, ServiceConnectorResponse>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('service_connector').selectAll().where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, toNestedServiceConnector(row)]));
}

/** What a service connector gives access to. */
export interface ConnectorAccess {
  /** In database form. */
  readonly id: string;
  readonly connectorType: string;
  readonly resourceTypes: readonly string[];
  readonly resourceId: string | null;
  /** Whether there may be several resources of a type. */
  readonly supportsInstances: boolean;
}

/** Finds out what a service connector gives access to. @throws ApiError KeyError 404 */
export async function findConnectorAccess(connection: Connection, id: string): Promise<ConnectorAccess> {
  const row = await connection.selectFrom('service_connector').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw noSuch('service connector', id);
  return {
    id,
    connectorType: row.connector_type ?? '',
    resourceTypes: (decodeJson(row.resource_types) ?? []) as string[],
    resourceId: row.resource_id,
    supportsInstances: row.supports_instances === 1,
  };
}

/** A service connector as it is shown within another answer. */
export function toNestedServiceConnector(row: ServiceConnectorRow): ServiceConnectorResponse {
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

/** Gives the values of secrets by their ids. */
export type ReadSecrets = (connection: Connection, ids: readonly string[]) => Promise<Map<string, SecretValues>>;

/**
 * Makes the loader of service connectors, see `Loader`.
 * @param readSecrets where given, secrets are part of the configuration; the reference then shows the `metadata` of
 *   connectors with secrets whatever the depth.
 */
export function serviceConnectorLoader(readSecrets: ReadSecrets | undefined): Loader<ServiceConnectorResponse> {
  return async (connection, ids, depth) => {
    const rows = await connection.selectFrom('service_connector').selectAll().where('id', 'in', ids).execute();
    const secrets = await readSecrets?.(
      connection,
      rows.flatMap((row) => row.secret_id ?? []),
    );
    const owners = depth.resources ? await loadOwners(connection, rows) : undefined;
    return new Map(
      rows.map((row) => {
        const values = row.secret_id ? secrets?.get(row.secret_id) : undefined;
        return [
          row.id,
          {
            ...toServiceConnector(row),
            metadata: depth.metadata || values ? toMetadata(row, values) : null,
            resources: owners ? { user: (row.user_id && owners.get(row.user_id)) || null } : null,
          },
        ];
      }),
    );
  };
}

/** A service connector by itself: with its type in full, where this server offers it. */
function toServiceConnector(row: ServiceConnectorRow): ServiceConnectorResponse {
  const nested = toNestedServiceConnector(row);
  if (!nested.body) return nested;
  return { ...nested, body: { ...nested.body, connector_type: shownConnectorType(row.connector_type ?? '') } };
}

function toMetadata(
  row: ServiceConnectorRow,
  secrets: SecretValues | undefined,
): Model<'ServiceConnectorResponseMetadata'> {
  const open = decodeJsonText(row.configuration) ?? '{}';
  return {
    configuration: secrets ? { ...(parseExactly(open) as Record<string, unknown>), ...secrets } : rawJson(open),
    expiration_seconds: row.expiration_seconds,
    labels: rawJson(decodeJsonText(row.labels) ?? '{}'),
  };
}

/** The JSON in a column that holds it as base64. */
function decoded(listed: string, column: string): Operand {
  return sql`convert(from_base64(${columnOf(listed, column)}) using utf8mb4)`;
}

/** How service connectors are listed. The resource type and labels are compared as they are, without operators; an empty type asks for nothing. */
export const SERVICE_CONNECTOR_LIST: Omit<ListDefinition<ServiceConnectorResponse>, 'load'> = {
  table: 'service_connector',
  fields: {
    ...USER_SCOPED_FIELDS,
    name: text('name'),
    connector_type: text('connector_type'),
    auth_method: text('auth_method'),
    resource_id: text('resource_id'),
    resource_type: custom(
      (value, listed) =>
        value === ''
          ? undefined
          : sql<SqlBool>`json_contains(${decoded(listed, 'resource_types')}, ${JSON.stringify(value)})`,
      { always: true },
    ),
    labels_str: custom(
      (value, listed) => {
        const labels = parseLabels(value).map((label) => labelCondition(label, decoded(listed, 'labels')));
        return labels.length > 0 ? sql`(${sql.join(labels, sql` and `)})` : sql<SqlBool>`true`;
      },
      { always: true },
    ),
  },
  sorts: USER_SCOPED_SORTS,
  projectScoped: false,
};

function labelCondition({ name, value }: Label, labels: Operand): Condition {
  if (value !== null) return sql<SqlBool>`json_contains(${labels}, ${JSON.stringify({ [name]: value })})`;
  return sql<SqlBool>`json_contains_path(${labels}, 'one', ${`$.${JSON.stringify(name)}`})`;
}
