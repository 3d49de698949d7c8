import type { Insertable, Selectable } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { ServiceConnectorTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists } from '../../errors.ts';

/** The columns of a service connector that a client sets. */
export type ServiceConnectorValues = Omit<Insertable<ServiceConnectorTable>, 'id' | 'created' | 'updated'>;

/** A service connector as rules see it. */
export type StoredServiceConnector = Selectable<ServiceConnectorTable>;

/** Inserts a service connector and returns its database id. @throws ApiError EntityExistsError 409 */
export async function insertServiceConnector(
  transaction: Transaction,
  values: ServiceConnectorValues,
): Promise<string> {
  const id = newId();
  const created = now();
  try {
    await transaction
      .insertInto('service_connector')
      .values({ id, created, updated: created, ...values })
      .execute();
  } catch (error) {
    throw isDuplicateKey(error) ? nameTaken('create', values.name) : error;
  }
  return id;
}

/** Changes what is given of a service connector. @throws ApiError EntityExistsError 409 */
export async function updateServiceConnector(
  transaction: Transaction,
  id: string,
  values: Partial<ServiceConnectorValues>,
): Promise<void> {
  try {
    await transaction
      .updateTable('service_connector')
      .set({ ...values, updated: now() })
      .where('id', '=', id)
      .execute();
  } catch (error) {
    throw isDuplicateKey(error) ? nameTaken('update', values.name ?? '') : error;
  }
}

function nameTaken(action: 'create' | 'update', name: string) {
  return entityExists(
    `Unable to ${action} the requested service connector with name '${name}': ` +
      'Found another existing service connector with the same name.',
  );
}

/** Finds a service connector and holds it until the transaction ends. */
export function lockServiceConnector(
  transaction: Transaction,
  id: string,
): Promise<StoredServiceConnector | undefined> {
  return transaction.selectFrom('service_connector').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Deletes a service connector. */
export async function deleteServiceConnector(transaction: Transaction, id: string): Promise<void> {
  await transaction.deleteFrom('service_connector').where('id', '=', id).execute();
}

/** How many stack components use a service connector. */
export async function countComponentsOf(connection: Connection, id: string): Promise<number> {
  const { count } = await connection
    .selectFrom('stack_component')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('connector_id', '=', id)
    .executeTakeFirstOrThrow();
  return Number(count);
}
