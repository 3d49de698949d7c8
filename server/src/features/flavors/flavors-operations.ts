import type { BodyOf } from '../../contract/operation-types.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Database, Transaction } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { illegalOperation, valueError } from '../../errors.ts';
import { type Lister, loadOne, noSuch } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { FLAVOR_LIST, loadFlavors } from './flavors-read-model.ts';
import {
  countComponentsOf,
  deleteFlavor,
  type FlavorValues,
  insertFlavor,
  lockFlavor,
  type StoredFlavor,
  updateFlavor,
} from './flavors-store.ts';

type FlavorRequest = BodyOf<'create_flavor_api_v1_flavors_post'>;
type FlavorUpdate = BodyOf<'update_flavor_api_v1_flavors__flavor_id__put'>;

/** The parts that the operations on flavors need. */
export interface FlavorsParts {
  readonly db: Database;
  readonly list: Lister;
  /** Makes the built-in flavors what this release ships. */
  readonly rewriteFlavors: (transaction: Transaction) => Promise<unknown>;
}

/** The operations on flavors. */
export function flavorsOperations({ db, list, rewriteFlavors }: FlavorsParts) {
  return {
    list_flavors_api_v1_flavors_get: (request) => list(FLAVOR_LIST, request),

    get_flavor_api_v1_flavors__flavor_id__get: ({ path, query }) =>
      loadOne(db, loadFlavors, path.flavor_id, depthOf(query.hydrate), 'flavor'),

    create_flavor_api_v1_flavors_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = await insertFlavor(tx, toValues(body, toDatabaseId(identity.user.id)));
        return one(await loadFlavors(tx, [id], FULL), id);
      }),

    update_flavor_api_v1_flavors__flavor_id__put: ({ path, body, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.flavor_id);
        const flavor = await lockFlavor(tx, id);
        if (!flavor) throw noSuch('flavor', id);
        await refuseLosingComponents(tx, flavor, body);
        await updateFlavor(tx, id, flavor, toChanges(body));
        return one(await loadFlavors(tx, [id], FULL), id);
      }),

    sync_flavors_api_v1_flavors_sync_patch: ({ transaction }) =>
      transaction(async (tx) => {
        await rewriteFlavors(tx);
        return null;
      }),

    delete_flavor_api_v1_flavors__flavor_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.flavor_id);
        const flavor = await lockFlavor(tx, id);
        if (!flavor) throw noSuch('flavor', id);
        const users = await countComponentsOf(tx, flavor.name);
        if (users > 0) {
          throw illegalOperation(
            `Stack Component \`${flavor.name}\` of type \`${flavor.type} cannot be deleted as it is used by ${users} ` +
              'components. Before deleting this flavor, make sure to delete all associated components.',
          );
        }
        await deleteFlavor(tx, id);
        return null;
      }),
  } satisfies Handlers;
}

/**
 * Components name their flavor: under another name it would be missing, and every list with such a component fail. The
 * reference lets that happen.
 * @throws ApiError IllegalOperationError 403
 */
async function refuseLosingComponents(tx: Transaction, flavor: StoredFlavor, update: FlavorUpdate): Promise<void> {
  if ((update.name ?? flavor.name) === flavor.name && (update.type ?? flavor.type) === flavor.type) return;
  const users = await countComponentsOf(tx, flavor.name);
  if (users === 0) return;
  throw illegalOperation(
    `Flavor \`${flavor.name}\` of type \`${flavor.type}\` cannot get another name or type: ${users} components use it.`,
  );
}

/** The longest schema that the column `config_schema` takes, characters. */
const MAX_SCHEMA_LENGTH = 65_535;

function toSchemaText(schema: unknown): string {
  const text = JSON.stringify(schema);
  if (text.length > MAX_SCHEMA_LENGTH)
    throw valueError('Json representation of configuration schemaexceeds max length.');
  return text;
}

function toValues(request: FlavorRequest, userId: string): FlavorValues {
  return {
    name: request.name,
    type: request.type,
    source: request.source,
    config_schema: toSchemaText(request.config_schema),
    integration: request.integration,
    connector_type: request.connector_type ?? null,
    connector_resource_type: request.connector_resource_type ?? null,
    connector_resource_id_attr: request.connector_resource_id_attr ?? null,
    user_id: request.is_custom ? userId : null,
    logo_url: request.logo_url ?? null,
    docs_url: request.docs_url ?? null,
    sdk_docs_url: request.sdk_docs_url ?? null,
    is_custom: request.is_custom ? 1 : 0,
  };
}

function toChanges(update: FlavorUpdate): Partial<FlavorValues> {
  const { config_schema, is_custom, name, type, source, ...nullable } = update;
  return {
    ...nullable,
    ...(config_schema != null && { config_schema: toSchemaText(config_schema) }),
    ...(is_custom != null && { is_custom: is_custom ? 1 : 0 }),
    ...(name != null && { name }),
    ...(type != null && { type }),
    ...(source != null && { source }),
  };
}
