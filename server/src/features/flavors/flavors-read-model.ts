import type { Selectable } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { FlavorTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { text, USER_SCOPED_FIELDS } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { rawJson } from '../../raw-json.ts';
import { loadOwners } from '../users/users-read-model.ts';

/** A row of `flavor`. */
export type FlavorRow = Selectable<FlavorTable>;

/** Loads flavors by database id; see `Loader`. */
export async function loadFlavors(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, Model<'FlavorResponse'>>> {
  const rows = await connection.selectFrom('flavor').selectAll().where('id', 'in', ids).execute();
  const owners = depth.resources ? await loadOwners(connection, rows) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        ...toNestedFlavor(row),
        metadata: depth.metadata ? toMetadata(row) : null,
        resources: owners ? { user: (row.user_id && owners.get(row.user_id)) || null } : null,
      },
    ]),
  );
}

/** A flavor's columns without its schema, of up to 64 kB. */
export type NestedFlavorRow = Omit<FlavorRow, 'config_schema'>;

/** The columns of {@link NestedFlavorRow}. */
export const NESTED_FLAVOR_COLUMNS = [
  'id',
  'created',
  'updated',
  'name',
  'type',
  'source',
  'display_name',
  'integration',
  'connector_type',
  'connector_resource_type',
  'connector_resource_id_attr',
  'user_id',
  'logo_url',
  'docs_url',
  'sdk_docs_url',
  'is_custom',
] as const satisfies readonly (keyof FlavorRow)[];

/** Loads flavors by name, as components refer to them; the key is {@link flavorKey}. */
export async function loadFlavorsByName(
  connection: Connection,
  names: readonly string[],
): Promise<Map<string, NestedFlavorRow>> {
  if (names.length === 0) return new Map();
  const rows = await connection
    .selectFrom('flavor')
    .select(NESTED_FLAVOR_COLUMNS)
    .where('name', 'in', [...new Set(names)])
    .execute();
  return new Map(rows.map((row) => [flavorKey(row.type, row.name), row]));
}

/** Names are unique per component type. */
export function flavorKey(type: string, name: string): string {
  return `${type} ${name}`;
}

/** A flavor as it is shown within another answer. */
export function toNestedFlavor(row: NestedFlavorRow): Model<'FlavorResponse'> {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: fromNullableId(row.user_id),
      type: row.type as Model<'StackComponentType'>,
      display_name: row.display_name || titleOf(row.name),
      integration: row.integration,
      source: row.source,
      logo_url: row.logo_url,
      is_custom: row.is_custom === 1,
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
    name: row.name,
  };
}

/** Python's `str.title()` with spaces for underscores. */
function titleOf(name: string): string {
  return name
    .replaceAll('_', ' ')
    .toLowerCase()
    .replace(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase());
}

function toMetadata(row: FlavorRow): Model<'FlavorResponseMetadata'> {
  return {
    config_schema: rawJson(row.config_schema),
    connector_type: row.connector_type,
    connector_resource_type: row.connector_resource_type,
    connector_resource_id_attr: row.connector_resource_id_attr,
    docs_url: row.docs_url,
    sdk_docs_url: row.sdk_docs_url,
  };
}

/** How flavors are listed. */
export const FLAVOR_LIST: ListDefinition<Model<'FlavorResponse'>> = {
  table: 'flavor',
  fields: {
    ...USER_SCOPED_FIELDS,
    name: text('name'),
    display_name: text('display_name'),
    type: text('type'),
    integration: text('integration'),
  },
  sorts: USER_SCOPED_SORTS,
  projectScoped: false,
  load: loadFlavors,
};
