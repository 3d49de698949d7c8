import type { Insertable } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { ApiKeyTable } from '../../database/generated/schema.gen.ts';
import { isUuid, newId, toDatabaseId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { keyError } from '../../errors.ts';

/** The columns of an API key that a write sets. */
export type ApiKeyValues = Omit<Insertable<ApiKeyTable>, 'id' | 'created' | 'updated'>;

/** Inserts an API key and returns its database id. */
export async function insertApiKey(transaction: Transaction, values: ApiKeyValues): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('api_key')
    .values({ id, created, updated: created, ...values })
    .execute();
  return id;
}

/** An API key as rules see it. */
export interface StoredApiKey {
  id: string;
  name: string;
  key: string;
  key_generation: number;
}

/** Finds an API key of a service account (database id) by name or id. @throws ApiError KeyError 404 */
export async function findApiKey(
  connection: Connection,
  account: { id: string; shownId: string },
  nameOrId: string,
): Promise<StoredApiKey> {
  const byId = isUuid(nameOrId);
  const key = await connection
    .selectFrom('api_key')
    .select(['id', 'name', 'key', 'key_generation'])
    .where(byId ? 'id' : 'name', '=', byId ? toDatabaseId(nameOrId) : nameOrId)
    .where('service_account_id', '=', account.id)
    .executeTakeFirst();
  if (key) return key;
  throw keyError(
    `An API key with ID or name '${nameOrId}' is not configured for service account with ID '${account.shownId}'.`,
  );
}

/** Changes what is given of an API key. */
export async function updateApiKey(transaction: Transaction, id: string, values: Partial<ApiKeyValues>): Promise<void> {
  await transaction
    .updateTable('api_key')
    .set({ ...values, updated: now() })
    .where('id', '=', id)
    .execute();
}

/** Gives a key a new value, unless another request did so meanwhile. @returns whether it did. */
export async function rotateApiKey(
  transaction: Transaction,
  key: StoredApiKey,
  hash: string,
  retainMinutes: number,
): Promise<boolean> {
  const rotated = now();
  const { numUpdatedRows } = await transaction
    .updateTable('api_key')
    .set({
      key: hash,
      previous_key: key.key,
      key_generation: key.key_generation + 1,
      retain_period: retainMinutes,
      last_rotated: rotated,
      updated: rotated,
    })
    .where('id', '=', key.id)
    .where('key_generation', '=', key.key_generation)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Deletes an API key. */
export async function deleteApiKey(transaction: Transaction, id: string): Promise<void> {
  await transaction.deleteFrom('api_key').where('id', '=', id).execute();
}
