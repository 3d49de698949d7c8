import { type Insertable, type SqlBool, sql } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { ServiceTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';

/** The columns of a service that a client sets. */
export type ServiceValues = Omit<Insertable<ServiceTable>, 'id' | 'created' | 'updated'>;

/** Inserts a service and returns its database id. */
export async function insertService(transaction: Transaction, values: ServiceValues): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('service')
    .values({ id, created, updated: created, ...values })
    .execute();
  return id;
}

/** Holds a project: the configurations of services are unique, which no key enforces. */
export async function lockProject(transaction: Transaction, id: string): Promise<void> {
  await transaction.selectFrom('project').select('id').where('id', '=', id).forUpdate().execute();
}

/**
 * Whether any service has one of some configurations, byte for byte.
 * @param configs as the column holds them.
 */
export async function hasConfiguration(connection: Connection, configs: readonly Buffer[]): Promise<boolean> {
  const row = await connection
    .selectFrom('service')
    .select('id')
    .where(sql<SqlBool>`config in (${sql.join(configs)})`)
    .executeTakeFirst();
  return row !== undefined;
}

/** Finds the project of a service and holds the service until the transaction ends. */
export async function lockService(transaction: Transaction, id: string): Promise<{ project_id: string } | undefined> {
  const query = transaction.selectFrom('service').select('project_id').where('id', '=', id);
  return query.forUpdate().executeTakeFirst();
}

/** Changes what is given of a service. */
export async function updateService(
  transaction: Transaction,
  id: string,
  values: Partial<ServiceValues>,
): Promise<void> {
  await transaction
    .updateTable('service')
    .set({ ...values, updated: now() })
    .where('id', '=', id)
    .execute();
}

/** Deletes a service. @returns whether there was one. */
export async function deleteService(transaction: Transaction, id: string): Promise<boolean> {
  const { numDeletedRows } = await transaction.deleteFrom('service').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}
