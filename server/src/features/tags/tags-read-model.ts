import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';

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
