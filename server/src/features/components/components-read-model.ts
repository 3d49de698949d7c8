import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { decodeJsonText } from '../../database/encoded-json.ts';
import type { StackComponentTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { ApiError } from '../../errors.ts';
import { compareUuid } from '../../listing/comparisons.ts';
import { columnOf, custom, text, USER_SCOPED_FIELDS, uuid } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { rawJson } from '../../raw-json.ts';
import { flavorKey, loadFlavorsByName, type NestedFlavorRow, toNestedFlavor } from '../flavors/flavors-read-model.ts';
import { loadLinkedSecrets } from '../secrets/secret-links.ts';
import { loadNestedServiceConnectors } from '../service-connectors/service-connectors-read-model.ts';
import { loadOwners } from '../users/users-read-model.ts';

type ComponentResponse = Model<'ComponentResponse'>;
type ComponentRow = Selectable<StackComponentTable>;

/** Loads stack components by database id; see `Loader`. */
export async function loadComponents(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, ComponentResponse>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('stack_component').selectAll().where('id', 'in', ids).execute();
  const flavors = await loadFlavorsByName(
    connection,
    rows.map((row) => row.flavor),
  );
  const metadataOf = depth.metadata ? await loadMetadata(connection, rows) : undefined;
  const owners = depth.resources ? await loadOwners(connection, rows) : undefined;
  return new Map(
    rows.map((row) => {
      const flavor = flavors.get(flavorKey(row.type, row.flavor));
      const resources = owners && {
        user: (row.user_id && owners.get(row.user_id)) || null,
        flavor: requireFlavor(row, flavor),
      };
      const metadata = metadataOf?.(row) ?? null;
      return [row.id, { ...toNestedComponent(row, flavor), metadata, resources: resources ?? null }];
    }),
  );
}

function toNestedComponent(row: ComponentRow, flavor: NestedFlavorRow | undefined): ComponentResponse {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: fromNullableId(row.user_id),
      type: row.type as Model<'StackComponentType'>,
      flavor_name: row.flavor,
      integration: flavor?.integration ?? null,
      logo_url: flavor?.logo_url ?? null,
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
    name: row.name,
  };
}

function requireFlavor(row: ComponentRow, flavor: NestedFlavorRow | undefined): Model<'FlavorResponse'> {
  if (flavor) return toNestedFlavor(flavor);
  throw new ApiError('RuntimeError', `Missing flavor ${row.flavor} for component ${row.name}.`);
}

async function loadMetadata(connection: Connection, rows: readonly ComponentRow[]) {
  const secrets = await loadLinkedSecrets(
    connection,
    'stack_component',
    rows.map((row) => row.id),
  );
  const connectorIds = [...new Set(rows.flatMap((row) => row.connector_id ?? []))];
  const connectors = await loadNestedServiceConnectors(connection, connectorIds);
  return (row: ComponentRow): Model<'ComponentResponseMetadata'> => ({
    configuration: rawJson(decodeJsonText(row.configuration) ?? '{}'),
    labels: toLabels(row.labels),
    environment: rawJson(decodeJsonText(row.environment) ?? '{}'),
    connector_resource_id: row.connector_resource_id,
    connector: (row.connector_id && connectors.get(row.connector_id)) || null,
    secrets: secrets.get(row.id) ?? [],
  });
}

/** Labels as they are shown: `null` where none were given. */
export function toLabels(blob: Buffer | null): Record<string, unknown> | null {
  const labels = decodeJsonText(blob);
  return labels === undefined ? null : rawJson(labels);
}

/** How stack components are listed. */
export const COMPONENT_LIST: ListDefinition<ComponentResponse> = {
  table: 'stack_component',
  fields: {
    ...USER_SCOPED_FIELDS,
    name: text('name'),
    flavor: text('flavor'),
    type: text('type'),
    connector_id: uuid('connector_id'),
    stack_id: custom(
      (value, listed) => sql<SqlBool>`${columnOf(listed, 'id')} in (
        select component_id from stack_composition where ${compareUuid(value)(columnOf('stack_composition', 'stack_id'))})`,
    ),
    scope_type: {
      condition: (value, listed) => (value === '' ? undefined : sql<SqlBool>`${columnOf(listed, 'type')} = ${value}`),
      always: true,
    },
  },
  sorts: USER_SCOPED_SORTS,
  projectScoped: false,
  load: loadComponents,
};
