import type { Insertable } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { FlavorTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists } from '../../errors.ts';

/** The columns of a flavor that a client sets. */
export type FlavorValues = Omit<Insertable<FlavorTable>, 'id' | 'created' | 'updated'>;

/** Inserts a flavor and returns its database id. @throws ApiError EntityExistsError 409 */
export async function insertFlavor(transaction: Transaction, values: FlavorValues): Promise<string> {
  const id = newId();
  const created = now();
  try {
    await transaction
      .insertInto('flavor')
      .values({ id, created, updated: created, ...values })
      .execute();
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw entityExists(
      `Unable to register '${values.type}' flavor with name '${values.name}' and type '${values.type}': ` +
        'Found an existing flavor with the same name and type.',
    );
  }
  return id;
}

/** A flavor as rules see it. */
export interface StoredFlavor {
  name: string;
  type: string;
}

/** Finds a flavor and holds it until the transaction ends. */
export function lockFlavor(transaction: Transaction, id: string): Promise<StoredFlavor | undefined> {
  return transaction.selectFrom('flavor').select(['name', 'type']).where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Changes what is given of a flavor. @throws ApiError EntityExistsError 409 */
export async function updateFlavor(
  transaction: Transaction,
  id: string,
  flavor: StoredFlavor,
  values: Partial<FlavorValues>,
): Promise<void> {
  try {
    await transaction
      .updateTable('flavor')
      .set({ ...values, updated: now() })
      .where('id', '=', id)
      .execute();
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw entityExists(
      `Unable to update '${flavor.type}' flavor with name '${flavor.name}': ` +
        'Found an existing flavor with the same name and type.',
    );
  }
}

/** Deletes a flavor. */
export async function deleteFlavor(transaction: Transaction, id: string): Promise<void> {
  await transaction.deleteFrom('flavor').where('id', '=', id).execute();
}

/** How many components use a flavor of this name; the reference does not look at the type. */
export async function countComponentsOf(connection: Connection, flavorName: string): Promise<number> {
  const { count } = await connection
    .selectFrom('stack_component')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('flavor', '=', flavorName)
    .executeTakeFirstOrThrow();
  return Number(count);
}
