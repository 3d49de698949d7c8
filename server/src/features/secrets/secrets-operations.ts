import type { Identity } from '../../auth/identity.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Connection, Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { keyError, notImplemented } from '../../errors.ts';
import type { Lister } from '../../listing/lister.ts';
import { type Depth, depthOf, FULL, one } from '../../listing/page.ts';
import { requireAdmin } from '../users/admin-rules.ts';
import { loadSecrets, SECRET_LIST, withValues } from './secrets-read-model.ts';
import { type SecretsService, unknownSecret } from './secrets-service.ts';

/** The parts that the operations on secrets need. */
export interface SecretsParts {
  readonly db: Database;
  readonly list: Lister;
  readonly secrets: SecretsService;
}

/** The operations on secrets. */
export function secretsOperations({ db, list, secrets }: SecretsParts) {
  const load = async (connection: Connection, id: string, depth: Depth) =>
    withValues(one(await loadSecrets(connection, [id], depth), id), await secrets.values(connection, id));

  return {
    list_secrets_api_v1_secrets_get: (request) => list(SECRET_LIST, request),

    async get_secret_api_v1_secrets__secret_id__get({ path, query, identity }) {
      const id = toDatabaseId(path.secret_id);
      const secret = (await loadSecrets(db, [id], depthOf(query.hydrate))).get(id);
      if (!secret) throw unknownSecret(id);
      if (secret.body?.private && secret.body.user_id !== identity.user.id) throw notVisible(path.secret_id);
      return withValues(secret, await secrets.values(db, id));
    },

    create_secret_api_v1_secrets_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = await secrets.create(tx, body, toDatabaseId(identity.user.id));
        return load(tx, id, FULL);
      }),

    update_secret_api_v1_secrets__secret_id__put: ({ path, query, body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.secret_id);
        await secrets.update(tx, id, body, toDatabaseId(identity.user.id), query.patch_values ?? false);
        return load(tx, id, FULL);
      }),

    delete_secret_api_v1_secrets__secret_id__delete: ({ path, identity, transaction }) =>
      transaction(async (tx) => {
        await secrets.remove(tx, toDatabaseId(path.secret_id), toDatabaseId(identity.user.id));
        return null;
      }),

    backup_secrets_api_v1_secrets_operations_backup_put: async ({ identity }) =>
      refuseWithoutBackupStore(identity, 'backup'),

    restore_secrets_api_v1_secrets_operations_restore_put: async ({ identity }) =>
      refuseWithoutBackupStore(identity, 'restore'),
  } satisfies Handlers;
}

function notVisible(id: string) {
  return keyError(`Secret with name or ID ${id} not found or is private and not owned by the current user.`);
}

function refuseWithoutBackupStore(identity: Identity, action: 'backup' | 'restore'): never {
  requireAdmin(identity, `${action} secrets`);
  throw notImplemented(`Unable to ${action} secrets: No backup secrets store is configured.`);
}
