import type { Transaction } from '../../database/database.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';

/** A secret as rules see it. */
export interface StoredSecret {
  id: string;
  name: string;
  private: number;
  internal: number;
  user_id: string;
}

/** A new secret; its values are stored by the secrets store. */
export type NewSecret = Pick<StoredSecret, 'name' | 'private' | 'user_id'>;

/**
 * Inserts a secret and returns its database id.
 * @param internal whether the server keeps it for itself.
 */
export async function insertSecret(transaction: Transaction, secret: NewSecret, internal = false): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('secret')
    .values({ id, created, updated: created, internal: internal ? 1 : 0, ...secret })
    .execute();
  return id;
}

/** Finds a secret and holds it until the transaction ends. */
export function lockSecret(transaction: Transaction, id: string): Promise<StoredSecret | undefined> {
  return transaction
    .selectFrom('secret')
    .select(['id', 'name', 'private', 'internal', 'user_id'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

/**
 * Finds another secret in the scope of a name: among a user's private ones, or among all public ones. The unique key
 * has the user in it, so that it does not keep two users from giving a public secret the same name at once: writers of
 * public names wait for each other at the row of the server's settings.
 */
export async function isNameTaken(
  transaction: Transaction,
  { name, private: isPrivate, user_id }: NewSecret,
  except?: string,
): Promise<boolean> {
  if (isPrivate === 0) await transaction.selectFrom('server_settings').select('id').forUpdate().execute();
  let query = transaction.selectFrom('secret').select('id').where('name', '=', name).where('private', '=', isPrivate);
  if (isPrivate === 1) query = query.where('user_id', '=', user_id);
  if (except) query = query.where('id', '!=', except);
  return (await query.executeTakeFirst()) !== undefined;
}

/** Changes what is given of a secret. */
export async function updateSecret(
  transaction: Transaction,
  id: string,
  values: Partial<Pick<StoredSecret, 'name' | 'private'>>,
): Promise<void> {
  await transaction
    .updateTable('secret')
    .set({ ...values, updated: now() })
    .where('id', '=', id)
    .execute();
}

/** Deletes a secret and its links. */
export async function deleteSecret(transaction: Transaction, id: string): Promise<void> {
  await transaction.deleteFrom('secret').where('id', '=', id).execute();
}

/** The name of a user, for messages. */
export async function findUserName(transaction: Transaction, id: string): Promise<string> {
  const user = await transaction.selectFrom('user').select('name').where('id', '=', id).executeTakeFirst();
  return user?.name ?? id;
}
