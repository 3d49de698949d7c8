import type { Insertable } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { StackComponentTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists } from '../../errors.ts';

/** The columns of a component that a client sets. */
export type ComponentValues = Omit<Insertable<StackComponentTable>, 'id' | 'created' | 'updated'>;

/** Inserts a component and returns its database id. @throws ApiError EntityExistsError 409 */
export async function insertComponent(transaction: Transaction, values: ComponentValues): Promise<string> {
  const id = newId();
  const created = now();
  try {
    await transaction
      .insertInto('stack_component')
      .values({ id, created, updated: created, ...values })
      .execute();
  } catch (error) {
    throw isDuplicateKey(error) ? nameTaken(values.type, values.name) : error;
  }
  return id;
}

/** Changes what is given of a component. @throws ApiError EntityExistsError 409 */
export async function updateComponent(
  transaction: Transaction,
  id: string,
  type: string,
  values: Partial<ComponentValues>,
): Promise<void> {
  try {
    await transaction
      .updateTable('stack_component')
      .set({ ...values, updated: now() })
      .where('id', '=', id)
      .execute();
  } catch (error) {
    throw isDuplicateKey(error) ? nameTaken(type, values.name ?? '') : error;
  }
}

function nameTaken(type: string, name: string) {
  return entityExists(
    `Unable to register '${type}' component with name '${name}': ` +
      'Found an existing component with the same name and type.',
  );
}

/** A component as rules see it. */
export interface StoredComponent {
  id: string;
  name: string;
  type: string;
  flavor: string;
  configuration: Buffer;
}

/** Finds a component and holds it until the transaction ends. */
export function lockComponent(transaction: Transaction, id: string): Promise<StoredComponent | undefined> {
  return transaction
    .selectFrom('stack_component')
    .select(['id', 'name', 'type', 'flavor', 'configuration'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

/** Deletes a component and its links to secrets. */
export async function deleteComponent(transaction: Transaction, id: string): Promise<void> {
  await transaction
    .deleteFrom('secret_resource')
    .where('resource_id', '=', id)
    .where('resource_type', '=', 'stack_component')
    .execute();
  await transaction.deleteFrom('stack_component').where('id', '=', id).execute();
}

/** How many stacks a component is part of. */
export async function countStacksOf(connection: Connection, id: string): Promise<number> {
  const { count } = await connection
    .selectFrom('stack_composition')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('component_id', '=', id)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** How many deployments a deployer still manages. */
export async function countDeploymentsOf(connection: Connection, deployerId: string): Promise<number> {
  const { count } = await connection
    .selectFrom('deployment')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('deployer_id', '=', deployerId)
    .where('status', '!=', 'absent')
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Whether a service connector exists. */
export async function serviceConnectorExists(connection: Connection, id: string): Promise<boolean> {
  const row = await connection.selectFrom('service_connector').select('id').where('id', '=', id).executeTakeFirst();
  return row !== undefined;
}
