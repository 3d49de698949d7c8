import type { Model } from '../../contract/operation-types.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Database, Transaction } from '../../database/database.ts';
import { fromDatabaseId, toDatabaseId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { keyError } from '../../errors.ts';
import { type Lister, loadOne, noSuch } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { loadTagItems, TAG_LIST } from './tags-read-model.ts';
import { createTag, holdResources, linkTags, unlinkTags, updateTag } from './tags-service.ts';
import { deleteTag, findLinks, findTags, type TagLink } from './tags-store.ts';

/** The parts that the operations on tags need. */
export interface TagsParts {
  readonly db: Database;
  readonly list: Lister;
}

/** The operations on tags and on what carries them. */
export function tagsOperations({ db, list }: TagsParts) {
  return {
    list_tags_api_v1_tags_get: (request) => list(TAG_LIST, request),

    get_tag_api_v1_tags__tag_id__get: ({ path, query }) =>
      loadOne(db, loadTagItems, path.tag_id, depthOf(query.hydrate), 'tag'),

    create_tag_api_v1_tags_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = await createTag(tx, body, toDatabaseId(identity.user.id));
        return one(await loadTagItems(tx, [id], FULL), id);
      }),

    update_tag_api_v1_tags__tag_id__put: ({ path, body, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.tag_id);
        await updateTag(tx, id, body);
        return one(await loadTagItems(tx, [id], FULL), id);
      }),

    delete_tag_api_v1_tags__tag_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        if (!(await deleteTag(tx, toDatabaseId(path.tag_id)))) throw noSuch('tag', path.tag_id);
        return null;
      }),

    create_tag_resource_api_v1_tag_resources_post: ({ body, transaction }) =>
      transaction(async (tx) => {
        const [link] = await createLinks(tx, [body]);
        if (!link) throw new Error('The link that was just made is not there.');
        return link;
      }),

    batch_create_tag_resource_api_v1_tag_resources_batch_post: ({ body, transaction }) =>
      transaction((tx) => createLinks(tx, body)),

    delete_tag_resource_api_v1_tag_resources_delete: ({ body, transaction }) =>
      transaction(async (tx) => {
        await unlinkTags(tx, [toLink(body)]);
        return null;
      }),

    batch_delete_tag_resource_api_v1_tag_resources_batch_delete: ({ body, transaction }) =>
      transaction(async (tx) => {
        await unlinkTags(tx, body.map(toLink));
        return null;
      }),
  } satisfies Handlers;
}

async function createLinks(
  transaction: Transaction,
  requests: readonly Model<'TagResourceRequest'>[],
): Promise<Model<'TagResourceResponse'>[]> {
  const links = requests.map(toLink);
  await holdResources(transaction, links);
  const tags = await findTags(transaction, 'id', [...new Set(links.map((link) => link.tagId))]);
  const missing = links.find((link) => !tags.some((tag) => tag.id === link.tagId));
  if (missing) {
    const id = fromDatabaseId(missing.tagId);
    throw keyError(`Unable to get tag with name or ID '${id}': No tag with this ID found.`);
  }
  await linkTags(transaction, links, tags);
  const rows = await findLinks(transaction, links);
  return links.flatMap((link) => {
    const row = rows.find((candidate) => isLink(candidate, link));
    return row ? [toLinkResponse(row)] : [];
  });
}

type LinkRow = Awaited<ReturnType<typeof findLinks>>[number];

function isLink(row: LinkRow, link: TagLink): boolean {
  return row.tag_id === link.tagId && row.resource_id === link.resourceId && row.resource_type === link.type;
}

function toLink(request: Model<'TagResourceRequest'>): TagLink {
  return {
    tagId: toDatabaseId(request.tag_id),
    type: request.resource_type,
    resourceId: toDatabaseId(request.resource_id),
  };
}

function toLinkResponse(row: LinkRow): Model<'TagResourceResponse'> {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      tag_id: fromDatabaseId(row.tag_id),
      resource_id: fromDatabaseId(row.resource_id),
      resource_type: row.resource_type as TagLink['type'],
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
  };
}
