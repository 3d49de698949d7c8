import type { Connection, Transaction } from '../../database/database.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists, illegalOperation } from '../../errors.ts';
import * as store from './accounts-store.ts';

/** Finds a service account by name or id. @throws ApiError KeyError 404 */
export function findServiceAccount(connection: Connection, nameOrId: string): Promise<store.AccountRow> {
  return store.findAccount(connection, nameOrId, 'service');
}

/** Creates a service account and returns its database id. @throws ApiError EntityExistsError 409 */
export function createServiceAccount(
  transaction: Transaction,
  values: Pick<store.AccountValues, 'name' | 'full_name' | 'description' | 'active' | 'avatar_url'>,
): Promise<string> {
  const message = `Unable to create service account with name '${values.name}': Found existing service account with this name.`;
  return orTaken(message, () =>
    store.insertAccount(transaction, { ...values, is_service_account: 1, is_admin: 0, email_opted_in: 0 }),
  );
}

/** Changes what is given of a service account. @throws ApiError EntityExistsError 409 */
export function updateServiceAccount(
  transaction: Transaction,
  id: string,
  changes: Partial<store.AccountValues>,
): Promise<void> {
  const message = `Unable to update service account with name '${changes.name}': Found an existing service account with this name.`;
  return orTaken(message, () => store.updateAccount(transaction, id, changes));
}

/** Deletes a service account that owns nothing. @throws ApiError IllegalOperationError 403 */
export async function removeServiceAccount(transaction: Transaction, id: string): Promise<void> {
  if (await store.ownsResources(transaction, id)) {
    throw illegalOperation(
      'The service account has already been used to create other resources that it now owns and therefore cannot be ' +
        'deleted. Please delete all resources owned by the service account or consider deactivating it instead.',
    );
  }
  await store.deleteAccount(transaction, id);
}

async function orTaken<T>(message: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw isDuplicateKey(error) ? entityExists(message) : error;
  }
}
