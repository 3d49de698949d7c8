import { encodeApiKey, newKeySecret } from '../../auth/api-keys.ts';
import { hashPassword } from '../../auth/passwords.ts';
import type { Model } from '../../contract/operation-types.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Connection, Database, Transaction } from '../../database/database.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists, illegalOperation } from '../../errors.ts';
import { tooBusy } from '../../http-error.ts';
import type { Lister } from '../../listing/lister.ts';
import { type Depth, depthOf, FULL, NESTED, one } from '../../listing/page.ts';
import { findServiceAccount } from '../users/accounts-service.ts';
import { requireAdmin } from '../users/admin-rules.ts';
import * as store from './api-keys-store.ts';
import { changesOnlyActivity, type OwnAccountsRule } from './own-accounts.ts';
import { API_KEY_LIST, loadApiKeys } from './service-accounts-read-model.ts';

/** The parts that the operations on API keys need. */
export interface ApiKeysParts {
  readonly db: Database;
  readonly list: Lister;
  readonly requireOwnAccounts: OwnAccountsRule;
}

/** The operations on the API keys of service accounts. */
export function apiKeysOperations({ db, list, requireOwnAccounts }: ApiKeysParts) {
  return {
    async list_api_keys_api_v1_service_accounts__service_account_id__api_keys_get({ path, query, identity }) {
      await findServiceAccount(db, path.service_account_id);
      return list(API_KEY_LIST, { identity, query: { ...query, service_account: path.service_account_id } });
    },

    async get_api_key_api_v1_service_accounts__service_account_id__api_keys__api_key_name_or_id__get({ path, query }) {
      const key = await findKey(db, path.service_account_id, path.api_key_name_or_id);
      return one(await loadApiKeys(db, [key.id], depthOf(query.hydrate)), key.id);
    },

    async create_api_key_api_v1_service_accounts__service_account_id__api_keys_post({
      path,
      body,
      identity,
      transaction,
    }) {
      requireOwnAccounts();
      const account = await findServiceAccount(db, path.service_account_id);
      refuseExternal(account);
      requireAdmin(identity, 'create API key');
      const secret = newKeySecret();
      const key = await hashPassword(secret);
      return transaction(async (tx) => {
        const id = await uniqueName('register', body.name, account.name, () =>
          store.insertApiKey(tx, {
            name: body.name,
            description: body.description ?? '',
            key,
            key_generation: 1,
            retain_period: 0,
            active: 1,
            service_account_id: account.id,
          }),
        );
        return withKey(tx, id, secret, FULL);
      });
    },

    async update_api_key_api_v1_service_accounts__service_account_id__api_keys__api_key_name_or_id__put(request) {
      const { path, body, identity, transaction } = request;
      requireOwnAccounts(body);
      const account = await findServiceAccount(db, path.service_account_id);
      const onlyActive = changesOnlyActivity(body);
      if (account.external_user_id !== null && !onlyActive) {
        throw illegalOperation(
          'API keys associated with externally managed service accounts can only be activated, deactivated, or deleted.',
        );
      }
      requireAdmin(identity, 'update API key');
      return transaction(async (tx) => {
        const { id } = await findKey(tx, path.service_account_id, path.api_key_name_or_id);
        const changes = {
          ...(body.name != null && { name: body.name }),
          ...(body.description != null && { description: body.description }),
          ...(body.active != null && { active: body.active ? 1 : 0 }),
        };
        await uniqueName('update', body.name ?? '', account.name, () => store.updateApiKey(tx, id, changes));
        return one(await loadApiKeys(tx, [id], FULL), id);
      });
    },

    async rotate_api_key_api_v1_service_accounts__service_account_id__api_keys__api_key_name_or_id__rotate_put(
      request,
    ) {
      const { path, body, identity, transaction } = request;
      requireOwnAccounts();
      refuseExternal(await findServiceAccount(db, path.service_account_id));
      requireAdmin(identity, 'rotate API key');
      const secret = newKeySecret();
      const hash = await hashPassword(secret);
      return transaction(async (tx) => {
        const key = await findKey(tx, path.service_account_id, path.api_key_name_or_id);
        if (!(await store.rotateApiKey(tx, key, hash, body.retain_period_minutes))) throw tooBusy();
        return withKey(tx, key.id, secret, NESTED);
      });
    },

    async delete_api_key_api_v1_service_accounts__service_account_id__api_keys__api_key_name_or_id__delete(request) {
      const { path, identity, transaction } = request;
      await findServiceAccount(db, path.service_account_id);
      requireAdmin(identity, 'delete API key');
      return transaction(async (tx) => {
        const { id } = await findKey(tx, path.service_account_id, path.api_key_name_or_id);
        await store.deleteApiKey(tx, id);
        return null;
      });
    },
  } satisfies Handlers;
}

async function findKey(connection: Connection, accountId: string, nameOrId: string): Promise<store.StoredApiKey> {
  const account = await findServiceAccount(connection, accountId);
  return store.findApiKey(connection, { id: account.id, shownId: fromDatabaseId(account.id) }, nameOrId);
}

/** The value is shown once: when it is made. */
async function withKey(tx: Transaction, id: string, secret: string, depth: Depth): Promise<Model<'APIKeyResponse'>> {
  const key = one(await loadApiKeys(tx, [id], depth), id);
  return key.body ? { ...key, body: { ...key.body, key: encodeApiKey({ id: key.id, key: secret }) } } : key;
}

function refuseExternal({ external_user_id }: { external_user_id: string | null }): void {
  if (external_user_id === null) return;
  throw illegalOperation('Service accounts created via external authentication cannot have associated API keys.');
}

async function uniqueName<T>(
  operation: 'register' | 'update',
  name: string,
  accountName: string,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw entityExists(
      `Unable to ${operation} API key with name '${name}': Found an existing API key with the same name configured for ` +
        `the same '${accountName}' service account.`,
    );
  }
}
