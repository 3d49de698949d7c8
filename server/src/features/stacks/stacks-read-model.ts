import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { decodeJsonText } from '../../database/encoded-json.ts';
import type { StackTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { compareUuid } from '../../listing/comparisons.ts';
import { columnOf, custom, nameOrIdCondition, text, USER_SCOPED_FIELDS } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import { type Depth, NESTED } from '../../listing/page.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { rawJson } from '../../raw-json.ts';
import { loadComponents, toLabels } from '../components/components-read-model.ts';
import { loadLinkedSecrets } from '../secrets/secret-links.ts';
import { loadOwners } from '../users/users-read-model.ts';

type StackRow = Selectable<StackTable>;

/** Loads stacks by database id; see `Loader`. */
export async function loadStacks(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, Model<'StackResponse'>>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('stack').selectAll().where('id', 'in', ids).execute();
  const metadataOf = depth.metadata ? await loadMetadata(connection, ids) : undefined;
  const owners = depth.resources ? await loadOwners(connection, rows) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        ...toNestedStack(row),
        metadata: metadataOf?.(row) ?? null,
        resources: owners ? { user: (row.user_id && owners.get(row.user_id)) || null } : null,
      },
    ]),
  );
}

/** What the body of a stack shows. */
export const STACK_BODY_COLUMNS = ['id', 'created', 'updated', 'name', 'user_id'] as const;

/** A row of {@link STACK_BODY_COLUMNS}. */
export type StackBodyRow = Pick<StackRow, (typeof STACK_BODY_COLUMNS)[number]>;

/** A stack as it is shown within another answer. */
export function toNestedStack(row: StackBodyRow): Model<'StackResponse'> {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: fromNullableId(row.user_id),
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
    name: row.name,
  };
}

type ComponentsByType = Model<'StackResponseMetadata'>['components'];

async function loadMetadata(connection: Connection, ids: readonly string[]) {
  const components = await loadCompositions(connection, ids);
  const secrets = await loadLinkedSecrets(connection, 'stack', ids);
  return (row: StackRow): Model<'StackResponseMetadata'> => ({
    components: components.get(row.id) ?? {},
    stack_spec_path: row.stack_spec_path,
    labels: toLabels(row.labels),
    description: row.description,
    environment: rawJson(decodeJsonText(row.environment) ?? '{}'),
    secrets: secrets.get(row.id) ?? [],
  });
}

/** The components of stacks by type, the default of each type first. */
async function loadCompositions(
  connection: Connection,
  ids: readonly string[],
): Promise<Map<string, ComponentsByType>> {
  const rows = await connection
    .selectFrom('stack_composition')
    .selectAll()
    .where('stack_id', 'in', ids)
    .orderBy(sql`default_for_type is null`)
    .execute();
  const components = await loadComponents(connection, [...new Set(rows.map((row) => row.component_id))], NESTED);
  const byStack = new Map<string, ComponentsByType>();
  for (const row of rows) {
    const component = components.get(row.component_id);
    const type = component?.body?.type;
    if (!component || !type) continue;
    const ofStack = byStack.get(row.stack_id) ?? {};
    ofStack[type] = [...(ofStack[type] ?? []), component];
    byStack.set(row.stack_id, ofStack);
  }
  return byStack;
}

/** How stacks are listed. */
export const STACK_LIST: ListDefinition<Model<'StackResponse'>> = {
  table: 'stack',
  fields: {
    ...USER_SCOPED_FIELDS,
    name: text('name'),
    description: text('description'),
    component_id: custom(
      (value, listed) => sql<SqlBool>`${columnOf(listed, 'id')} in (select stack_id from stack_composition
        where ${compareUuid(value)(columnOf('stack_composition', 'component_id'))})`,
    ),
    component: custom(
      (value, listed) => sql<SqlBool>`${columnOf(listed, 'id')} in (select stack_id from stack_composition
        join stack_component on stack_component.id = stack_composition.component_id
        where ${nameOrIdCondition(value, 'stack_component')})`,
    ),
  },
  sorts: USER_SCOPED_SORTS,
  projectScoped: false,
  load: loadStacks,
};
