import type { Insertable } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { StackTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists } from '../../errors.ts';

/** The columns of a stack that a client sets. */
export type StackValues = Omit<Insertable<StackTable>, 'id' | 'created' | 'updated'>;

/** Component ids (database form) by component type; the first of each type is its default. */
export type Composition = ReadonlyMap<string, readonly string[]>;

/** Inserts a stack and returns its database id. @throws ApiError EntityExistsError 409 */
export async function insertStack(transaction: Transaction, values: StackValues): Promise<string> {
  const id = newId();
  const created = now();
  try {
    await transaction
      .insertInto('stack')
      .values({ id, created, updated: created, ...values })
      .execute();
  } catch (error) {
    throw isDuplicateKey(error) ? nameTaken('create', values.name) : error;
  }
  return id;
}

/** Changes what is given of a stack. @throws ApiError EntityExistsError 409 */
export async function updateStack(transaction: Transaction, id: string, values: Partial<StackValues>): Promise<void> {
  try {
    await transaction
      .updateTable('stack')
      .set({ ...values, updated: now() })
      .where('id', '=', id)
      .execute();
  } catch (error) {
    throw isDuplicateKey(error) ? nameTaken('update', values.name ?? '') : error;
  }
}

function nameTaken(operation: 'create' | 'update', name: string) {
  return entityExists(
    `Unable to ${operation} the requested stack with name '${name}': Found another existing stack with the same name.`,
  );
}

/** Finds a stack and holds it until the transaction ends. */
export function lockStack(transaction: Transaction, id: string): Promise<{ name: string } | undefined> {
  return transaction.selectFrom('stack').select('name').where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Sets the components of a stack. */
export async function replaceComposition(
  transaction: Transaction,
  id: string,
  composition: Composition,
): Promise<void> {
  await transaction.deleteFrom('stack_composition').where('stack_id', '=', id).execute();
  const rows = [...composition].flatMap(([type, componentIds]) =>
    componentIds.map((componentId, index) => ({
      stack_id: id,
      component_id: componentId,
      default_for_type: index === 0 ? type : null,
    })),
  );
  if (rows.length > 0) await transaction.insertInto('stack_composition').values(rows).execute();
}

/** Deletes a stack, its composition and its links to secrets. */
export async function deleteStack(transaction: Transaction, id: string): Promise<void> {
  await transaction
    .deleteFrom('secret_resource')
    .where('resource_id', '=', id)
    .where('resource_type', '=', 'stack')
    .execute();
  await transaction.deleteFrom('stack').where('id', '=', id).execute();
}

/** A component as the rules of stacks see it. */
export interface ComponentOfStack {
  id: string;
  type: string;
  flavor: string;
}

/** Finds components by id. */
export function findComponents(connection: Connection, ids: readonly string[]): Promise<ComponentOfStack[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return connection.selectFrom('stack_component').select(['id', 'type', 'flavor']).where('id', 'in', ids).execute();
}
