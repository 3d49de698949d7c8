import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { illegalOperation } from '../../errors.ts';
import { FULL } from '../../listing/page.ts';
import { loadUser } from '../users/users-read-model.ts';
import { createUser, hashForCreation } from '../users/users-service.ts';
import { toSettingsChanges } from './server-operations.ts';
import { activateOnce, readServerSettings, updateServerSettings } from './server-settings-store.ts';

/** Activates a server that was started without an administrator: the first visitor chooses name and password. */
export function activationOperations({ db }: { readonly db: Database }) {
  return {
    async activate_server_api_v1_activate_put({ body, transaction }) {
      // Anybody may send this: hashing waits until it is known to be of use.
      if ((await readServerSettings(db)).active === 1) throw alreadyActive();
      const { admin_username: name, admin_password: password } = body;
      const admin =
        name && password != null ? { name, password, full_name: '', active: true, is_admin: true } : undefined;
      const secrets = admin && (await hashForCreation(admin));
      return transaction(async (tx) => {
        if (!(await activateOnce(tx))) throw alreadyActive();
        await updateServerSettings(tx, toSettingsChanges(body));
        if (!admin || !secrets) return null;
        const { id } = await createUser(tx, admin, secrets);
        return loadUser(tx, id, FULL, { showPrivate: false });
      });
    },
  } satisfies Handlers;
}

function alreadyActive() {
  return illegalOperation('The server is already active.');
}
