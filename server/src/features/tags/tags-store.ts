import type { Model } from '../../contract/operation-types.ts';
import type { Connection, Transaction } from '../../database/database.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists } from '../../errors.ts';
import type { TaggableResourceType } from './tags-read-model.ts';

/** The columns of a tag that a client sets. */
export interface TagValues {
  name: string;
  color: Model<'ColorVariants'>;
  exclusive: number;
}

/** A tag as rules see it. */
export interface StoredTag {
  id: string;
  name: string;
  exclusive: number;
}

/** A tag on a resource, database ids. */
export interface TagLink {
  readonly tagId: string;
  readonly type: TaggableResourceType;
  readonly resourceId: string;
}

/** Inserts a tag and returns its database id, or `undefined` where there is one of that name. */
export async function insertTag(
  transaction: Transaction,
  values: TagValues,
  userId: string,
): Promise<string | undefined> {
  const id = newId();
  const created = now();
  const row = { id, created, updated: created, user_id: userId, ...values };
  try {
    await transaction.insertInto('tag').values(row).execute();
  } catch (error) {
    if (isDuplicateKey(error)) return undefined;
    throw error;
  }
  return id;
}

/** Changes what is given of a tag. @throws ApiError EntityExistsError 409 */
export async function updateTag(transaction: Transaction, id: string, values: Partial<TagValues>): Promise<void> {
  try {
    await transaction
      .updateTable('tag')
      .set({ ...values, updated: now() })
      .where('id', '=', id)
      .execute();
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw entityExists(
      `Unable to update the requested tag with name '${values.name}': Found another existing tag with the same name.`,
    );
  }
}

/** Deletes a tag, off everything that carries it. @returns whether it was there. */
export async function deleteTag(transaction: Transaction, id: string): Promise<boolean> {
  const { numDeletedRows } = await transaction.deleteFrom('tag').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Finds tags by id, or by name as the database compares names: neither case nor trailing blanks tell them apart. */
export function findTags(connection: Connection, by: 'id' | 'name', values: readonly string[]): Promise<StoredTag[]> {
  if (values.length === 0) return Promise.resolve([]);
  return connection.selectFrom('tag').select(['id', 'name', 'exclusive']).where(by, 'in', values).execute();
}

/** Holds exclusive tags, so that of two writers who attach one the second sees what the first did. */
export async function lockTags(transaction: Transaction, ids: readonly string[]): Promise<void> {
  await transaction
    .selectFrom('tag')
    .select('id')
    .where('id', 'in', [...ids].sort())
    .forUpdate()
    .execute();
}

/** A link that is in the database. */
export interface StoredTagLink {
  id: string;
  created: string;
  updated: string;
  tag_id: string;
  resource_id: string;
  resource_type: string;
}

/** The links that exist between any of these tags and resources, whatever their type. */
export function findLinks(connection: Connection, links: readonly TagLink[]): Promise<StoredTagLink[]> {
  if (links.length === 0) return Promise.resolve([]);
  return connection
    .selectFrom('tag_resource')
    .selectAll()
    .where('resource_id', 'in', [...new Set(links.map((link) => link.resourceId))])
    .where('tag_id', 'in', [...new Set(links.map((link) => link.tagId))])
    .execute();
}

/** Inserts links. */
export async function insertLinks(transaction: Transaction, links: readonly TagLink[]): Promise<void> {
  if (links.length === 0) return;
  const created = now();
  const rows = links.map((link) => ({
    id: newId(),
    created,
    updated: created,
    tag_id: link.tagId,
    resource_id: link.resourceId,
    resource_type: link.type,
  }));
  await transaction.insertInto('tag_resource').values(rows).execute();
}

/** Deletes links by their ids. */
export async function deleteLinks(transaction: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await transaction.deleteFrom('tag_resource').where('id', 'in', ids).execute();
}

/**
 * Holds the resources of these ids, and tells which of them exist. No key keeps a tag from being on a resource twice:
 * of two writers who tag one, the second must see what the first did.
 */
export async function lockResources(
  transaction: Transaction,
  type: TaggableResourceType,
  ids: readonly string[],
): Promise<Set<string>> {
  const rows = await transaction
    .selectFrom(type)
    .select('id')
    .where('id', 'in', [...ids].sort())
    .forUpdate()
    .execute();
  return new Set(rows.map((row) => row.id));
}

/** The types of resources that carry a tag. */
export async function findLinkedTypes(connection: Connection, tagId: string): Promise<TaggableResourceType[]> {
  const query = connection.selectFrom('tag_resource').select('resource_type').where('tag_id', '=', tagId).distinct();
  return (await query.execute()).map((row) => row.resource_type as TaggableResourceType);
}
