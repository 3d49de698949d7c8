import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { illegalOperation } from '../../errors.ts';
import type { Lister } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import {
  createServiceAccount,
  findServiceAccount,
  removeServiceAccount,
  updateServiceAccount,
} from '../users/accounts-service.ts';
import { requireAdmin } from '../users/admin-rules.ts';
import type { OwnAccountsRule } from './own-accounts.ts';
import { loadServiceAccounts, SERVICE_ACCOUNT_LIST, toServiceAccountResponse } from './service-accounts-read-model.ts';

/** The parts that the operations on service accounts need. */
export interface ServiceAccountsParts {
  readonly db: Database;
  readonly list: Lister;
  /** Refuses what the control plane's accounts are there for, where there is one. */
  readonly requireOwnAccounts: OwnAccountsRule;
}

/** The operations on service accounts. */
export function serviceAccountsOperations({ db, list, requireOwnAccounts }: ServiceAccountsParts) {
  return {
    list_service_accounts_api_v1_service_accounts_get: (request) => list(SERVICE_ACCOUNT_LIST, request),

    async get_service_account_api_v1_service_accounts__service_account_name_or_id__get({ path, query }) {
      const account = await findServiceAccount(db, path.service_account_name_or_id);
      return toServiceAccountResponse(account, depthOf(query.hydrate));
    },

    async create_service_account_api_v1_service_accounts_post({ body, identity, transaction }) {
      requireOwnAccounts();
      requireAdmin(identity, 'create service account');
      return transaction(async (tx) => {
        const id = await createServiceAccount(tx, {
          name: body.name,
          full_name: body.full_name,
          description: body.description ?? '',
          active: body.active ? 1 : 0,
          avatar_url: body.avatar_url ?? null,
        });
        return one(await loadServiceAccounts(tx, [id], FULL), id);
      });
    },

    async update_service_account_api_v1_service_accounts__service_account_name_or_id__put(request) {
      const { path, body, identity, transaction } = request;
      requireOwnAccounts(body);
      const account = await findServiceAccount(db, path.service_account_name_or_id);
      refuseExternal(account, 'updated');
      requireAdmin(identity, 'update service account');
      return transaction(async (tx) => {
        await updateServiceAccount(tx, account.id, {
          ...(body.name != null && { name: body.name }),
          ...(body.full_name != null && { full_name: body.full_name }),
          ...(body.description != null && { description: body.description }),
          ...(body.active != null && { active: body.active ? 1 : 0 }),
          ...(body.avatar_url != null && { avatar_url: body.avatar_url }),
        });
        return one(await loadServiceAccounts(tx, [account.id], FULL), account.id);
      });
    },

    async delete_service_account_api_v1_service_accounts__service_account_name_or_id__delete(request) {
      const { path, identity, transaction } = request;
      const account = await findServiceAccount(db, path.service_account_name_or_id);
      refuseExternal(account, 'deleted');
      requireAdmin(identity, 'delete service account');
      await transaction((tx) => removeServiceAccount(tx, account.id));
      return null;
    },
  } satisfies Handlers;
}

function refuseExternal({ external_user_id }: { external_user_id: string | null }, action: string): void {
  if (external_user_id === null) return;
  throw illegalOperation(`Service accounts created via external authentication cannot be ${action}.`);
}
