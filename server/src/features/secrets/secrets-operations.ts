import type { Identity } from '../../auth/identity.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Connection, Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { keyError, notImplemented } from '../../errors.ts';
import type { Lister } from '../../listing/lister.ts';
import { type Depth, depthOf, FULL, one } from '../../listing/page.ts';
import type { CopyOptions, SecretsBackup } from '../../secrets/secrets-backup.ts';
import { requireAdmin } from '../users/admin-rules.ts';
import { loadSecrets, SECRET_LIST, withValues } from './secrets-read-model.ts';
import { type SecretsService, unknownSecret } from './secrets-service.ts';

/** The parts that the operations on secrets need. */
export interface SecretsParts {
  readonly db: Database;
  readonly list: Lister;
  readonly secrets: SecretsService;
  /** Left out where there is no second store. */
  readonly backup: SecretsBackup | undefined;
}

/** The operations on secrets. */
export function secretsOperations({ db, list, secrets, backup }: SecretsParts) {
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

    async backup_secrets_api_v1_secrets_operations_backup_put({ identity, query }) {
      await requireBackup(backup, identity, 'backup').backup(copyOptions(query, true));
      return null;
    },

    async restore_secrets_api_v1_secrets_operations_restore_put({ identity, query }) {
      await requireBackup(backup, identity, 'restore').restore(copyOptions(query, false));
      return null;
    },
  } satisfies Handlers;
}

function notVisible(id: string) {
  return keyError(`Secret with name or ID ${id} not found or is private and not owned by the current user.`);
}

function requireBackup(
  backup: SecretsBackup | undefined,
  identity: Identity,
  action: 'backup' | 'restore',
): SecretsBackup {
  requireAdmin(identity, `${action} secrets`);
  if (backup) return backup;
  throw notImplemented(`Unable to ${action} secrets: No backup secrets store is configured.`);
}

function copyOptions(
  query: { readonly ignore_errors?: boolean; readonly delete_secrets?: boolean },
  ignoreErrors: boolean,
): CopyOptions {
  return { ignoreErrors: query.ignore_errors ?? ignoreErrors, deleteSecrets: query.delete_secrets ?? false };
}
