import { invalidBody } from '../../contract/issues.ts';
import type { BodyOf, Model } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { fromDatabaseId, isUuid, toDatabaseId } from '../../database/ids.ts';
import { entityExists, keyError, valueError } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { checkName } from '../names.ts';
import { EXCLUSIVE_TYPES, findSharedScopes, releaseExclusiveTag, SCOPE_NAMES } from './tag-scopes.ts';
import type { TaggableResourceType } from './tags-read-model.ts';
import * as store from './tags-store.ts';

type TagRequest = BodyOf<'create_tag_api_v1_tags_post'>;
type TagUpdate = BodyOf<'update_tag_api_v1_tags__tag_id__put'>;

/** A tag in a request: its name, its id, or a name with properties. */
export type TagReference = string | Model<'Tag'>;

/** What is tagged, and by whom (database ids). */
export interface TagTarget {
  readonly type: TaggableResourceType;
  readonly ids: readonly string[];
  readonly userId: string;
}

/** The colors that a tag gets at random where the client names none, as in the reference. */
const COLORS: readonly Model<'ColorVariants'>[] = [
  'grey',
  'purple',
  'red',
  'green',
  'yellow',
  'orange',
  'lime',
  'teal',
  'turquoise',
  'magenta',
  'blue',
];

/** Creates a tag and returns its database id. @throws ApiError EntityExistsError 409 */
export async function createTag(transaction: Transaction, request: TagRequest, userId: string): Promise<string> {
  checkTagName(request.name);
  const id = await store.insertTag(transaction, toValues(request), userId);
  if (!id) throw entityExists(`Tag with name \`${request.name}\` already exists.`);
  return id;
}

/** Changes a tag; making it exclusive needs that no scope has it twice. @throws ApiError 400, 404, 409 */
export async function updateTag(transaction: Transaction, tagId: string, update: TagUpdate): Promise<void> {
  const [tag] = await store.findTags(transaction, 'id', [tagId]);
  if (!tag) throw noSuch('tag', tagId);
  if (update.name != null) checkTagName(update.name);
  if (update.exclusive === true) await checkExclusivity(transaction, tag);
  await store.updateTag(transaction, tagId, {
    ...(update.name != null && { name: update.name }),
    ...(update.color != null && { color: update.color }),
    ...(update.exclusive != null && { exclusive: update.exclusive ? 1 : 0 }),
  });
}

/** Attaches tags to resources of one type; those that do not exist yet are created. */
export async function attachTags(
  transaction: Transaction,
  target: TagTarget,
  references: readonly TagReference[] | null | undefined,
): Promise<void> {
  if (!references || references.length === 0 || target.ids.length === 0) return;
  await store.lockResources(transaction, target.type, target.ids);
  const tags = await findOrCreate(transaction, references, target.userId);
  await linkTags(transaction, crossProduct(tags, target), tags);
}

/** Detaches tags, by name or id, from resources of one type; unknown ones are passed over. */
export async function detachTags(
  transaction: Transaction,
  target: TagTarget,
  references: readonly TagReference[] | null | undefined,
): Promise<void> {
  if (!references || references.length === 0) return;
  const { ids, names } = partition(references);
  const tags = [
    ...(await store.findTags(transaction, 'id', ids)),
    ...(await store.findTags(transaction, 'name', [...names.keys()])),
  ];
  await unlinkTags(transaction, crossProduct(tags, target));
}

/** Creates links between existing tags and resources, which the caller holds; those that exist are kept. */
export async function linkTags(
  transaction: Transaction,
  links: readonly store.TagLink[],
  tags: readonly store.StoredTag[],
): Promise<void> {
  const exclusive = tags.filter((tag) => tag.exclusive === 1).map((tag) => tag.id);
  if (exclusive.length > 0) await store.lockTags(transaction, exclusive);
  const existing = new Set((await store.findLinks(transaction, links)).map(linkKeyOfRow));
  const added = new Map(links.map((link) => [linkKey(link), link]));
  for (const key of existing) added.delete(key);
  for (const tagId of exclusive) await releaseScopes(transaction, tagId, [...added.values()]);
  await store.insertLinks(transaction, [...added.values()]);
}

/** Deletes links; those that do not exist are passed over. */
export async function unlinkTags(transaction: Transaction, links: readonly store.TagLink[]): Promise<void> {
  const wanted = new Set(links.map(linkKey));
  const rows = await store.findLinks(transaction, links);
  await store.deleteLinks(
    transaction,
    rows.filter((row) => wanted.has(linkKeyOfRow(row))).map((row) => row.id),
  );
}

/** Holds the resources of links. @throws ApiError KeyError 404 for the first one that does not exist. */
export async function holdResources(transaction: Transaction, links: readonly store.TagLink[]): Promise<void> {
  for (const type of new Set(links.map((link) => link.type))) {
    const ids = links.filter((link) => link.type === type).map((link) => link.resourceId);
    const found = await store.lockResources(transaction, type, ids);
    const missing = ids.find((id) => !found.has(id));
    if (missing) throw keyError(`${type} with ID \`${fromDatabaseId(missing)}\` not found.`);
  }
}

async function releaseScopes(transaction: Transaction, tagId: string, links: readonly store.TagLink[]): Promise<void> {
  const own = links.filter((link) => link.tagId === tagId);
  for (const type of new Set(own.map((link) => link.type))) {
    const ids = own.filter((link) => link.type === type).map((link) => link.resourceId);
    await releaseExclusiveTag(transaction, tagId, type, ids);
  }
}

async function findOrCreate(
  transaction: Transaction,
  references: readonly TagReference[],
  userId: string,
): Promise<store.StoredTag[]> {
  const { ids, names } = partition(references);
  const byId = await store.findTags(transaction, 'id', ids);
  const missing = ids.find((id) => !byId.some((tag) => tag.id === id));
  if (missing) throw noSuch('tag', missing);
  const byName = await store.findTags(transaction, 'name', [...names.keys()]);
  const tags = new Map(byId.map((tag) => [tag.id, tag]));
  for (const [name, properties] of names) {
    const tag = byName.find((found) => found.name === name) ?? (await ensureTag(transaction, name, properties, userId));
    checkSameExclusivity(tag, properties);
    tags.set(tag.id, tag);
  }
  return [...tags.values()];
}

/** Creates a tag, or finds the one whose name the database takes for the same or another client has just given. */
async function ensureTag(
  transaction: Transaction,
  name: string,
  properties: Model<'Tag'> | undefined,
  userId: string,
): Promise<store.StoredTag> {
  checkTagName(name);
  const exclusive = properties?.exclusive ?? false;
  const values = toValues({ name, exclusive, color: properties?.color ?? undefined });
  const id = await store.insertTag(transaction, values, userId);
  if (id) return { id, name, exclusive: values.exclusive };
  const [other] = await store.findTags(transaction, 'name', [name]);
  if (!other) throw new Error(`The tag ${name} is gone although its name is taken.`);
  return other;
}

function partition(references: readonly TagReference[]) {
  const ids = new Set<string>();
  const names = new Map<string, Model<'Tag'> | undefined>();
  for (const reference of references) {
    if (typeof reference !== 'string') names.set(reference.name, reference);
    else if (isUuid(reference)) ids.add(toDatabaseId(reference));
    else names.set(reference, names.get(reference));
  }
  return { ids: [...ids], names };
}

function checkSameExclusivity(tag: store.StoredTag, properties: Model<'Tag'> | undefined): void {
  if (!properties || (properties.exclusive ?? false) === (tag.exclusive === 1)) return;
  throw valueError(
    `Tag \`${tag.name}\` has been defined as ${tag.exclusive === 1 ? 'an exclusive' : 'a non-exclusive'} tag. ` +
      'Please update it before attaching it to resources.',
  );
}

async function checkExclusivity(transaction: Transaction, tag: store.StoredTag): Promise<void> {
  await store.lockTags(transaction, [tag.id]);
  const problems: string[] = [];
  const types = await store.findLinkedTypes(transaction, tag.id);
  const forbidden = types.filter((type) => !EXCLUSIVE_TYPES.includes(type));
  if (forbidden.length > 0) {
    problems.push(
      `The tag \`${tag.name}\` cannot be made exclusive because it is associated with non-allowed resource types: ` +
        `${forbidden.join(', ')}. Exclusive tags can only be applied to pipeline runs, artifact versions, and run templates.`,
    );
  }
  for (const type of EXCLUSIVE_TYPES) {
    const scopes = await findSharedScopes(transaction, tag.id, type);
    if (scopes.length === 0) continue;
    const ids = scopes.map((id) => `UUID('${fromDatabaseId(id)}')`).join(', ');
    problems.push(
      `The tag \`${tag.name}\` is associated with multiple entries of \`${type}\`s that share the same ` +
        `${SCOPE_NAMES[type]}: [${ids}]`,
    );
  }
  if (problems.length === 0) return;
  const hint = 'You can only convert a tag into an exclusive tag if the conflicts mentioned above are resolved.';
  throw valueError([...problems, hint].join('\n'));
}

function checkTagName(name: string): void {
  if (isUuid(name)) {
    throw invalidBody('Tag names cannot be UUIDs or strings that can be converted to UUIDs.', 'name');
  }
  checkName(name, 'Tag');
}

function toValues({ name, color, exclusive }: TagRequest): store.TagValues {
  const random = COLORS[Math.floor(Math.random() * COLORS.length)] ?? 'grey';
  return { name, color: color ?? random, exclusive: exclusive ? 1 : 0 };
}

function crossProduct(tags: readonly store.StoredTag[], { type, ids }: TagTarget): store.TagLink[] {
  return tags.flatMap((tag) => ids.map((resourceId) => ({ tagId: tag.id, type, resourceId })));
}

function linkKey({ tagId, type, resourceId }: store.TagLink): string {
  return `${tagId} ${type} ${resourceId}`;
}

function linkKeyOfRow(row: store.StoredTagLink): string {
  return `${row.tag_id} ${row.resource_type} ${row.resource_id}`;
}
