import { type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { boolean, columnOf, custom, text, USER_SCOPED_FIELDS } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { loadOwners } from '../users/users-read-model.ts';

/** What tags can be attached to, as `tag_resource.resource_type` has it. */
export type TaggableResourceType = Model<'TaggableResourceTypes'>;

/** The columns of `tag` that an answer shows. */
export interface TagRow {
  id: string;
  created: string;
  updated: string;
  name: string;
  user_id: string | null;
  color: string;
  exclusive: number;
}

/** Loads the tags of resources, by the resource's database id, in order of name. */
export async function loadTags(
  connection: Connection,
  type: TaggableResourceType,
  ids: readonly string[],
): Promise<Map<string, Model<'TagResponse'>[]>> {
  const tags = new Map<string, Model<'TagResponse'>[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return tags;
  const rows = await connection
    .selectFrom('tag_resource')
    .innerJoin('tag', 'tag.id', 'tag_resource.tag_id')
    .select(['tag.id', 'tag.created', 'tag.updated', 'tag.name', 'tag.user_id', 'tag.color', 'tag.exclusive'])
    .select('tag_resource.resource_id')
    .where('tag_resource.resource_id', 'in', ids)
    .where('tag_resource.resource_type', '=', type)
    .orderBy('tag.name')
    .execute();
  for (const row of rows) tags.get(row.resource_id)?.push(toNestedTag(row));
  return tags;
}

/** A tag as it is shown within another answer. */
export function toNestedTag(row: TagRow): Model<'TagResponse'> {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: fromNullableId(row.user_id),
      color: row.color as Model<'ColorVariants'>,
      exclusive: row.exclusive === 1,
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
    name: row.name,
  };
}

/** Loads tags by database id; see `Loader`. */
export async function loadTagItems(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, Model<'TagResponse'>>> {
  const rows = await connection.selectFrom('tag').selectAll().where('id', 'in', ids).execute();
  const owners = depth.resources ? await loadOwners(connection, rows) : undefined;
  const counts = depth.metadata ? await countTagged(connection, ids) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        ...toNestedTag(row),
        metadata: counts ? { tagged_count: counts.get(row.id) ?? 0 } : null,
        resources: owners ? { user: (row.user_id && owners.get(row.user_id)) || null } : null,
      },
    ]),
  );
}

async function countTagged(connection: Connection, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await connection
    .selectFrom('tag_resource')
    .select(['tag_id', (count) => count.fn.countAll<number>().as('count')])
    .where('tag_id', 'in', ids)
    .groupBy('tag_id')
    .execute();
  return new Map(rows.map((row) => [row.tag_id, Number(row.count)]));
}

/** How tags are listed. */
export const TAG_LIST: ListDefinition<Model<'TagResponse'>> = {
  table: 'tag',
  fields: {
    ...USER_SCOPED_FIELDS,
    name: text('name'),
    color: text('color'),
    exclusive: boolean('exclusive'),
    resource_type: custom(
      (value, listed) => sql<SqlBool>`exists (select 1 from tag_resource
        where tag_resource.tag_id = ${columnOf(listed, 'id')} and tag_resource.resource_type = ${value})`,
    ),
  },
  sorts: USER_SCOPED_SORTS,
  projectScoped: false,
  load: loadTagItems,
};
