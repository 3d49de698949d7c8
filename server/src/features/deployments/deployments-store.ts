import type { Insertable } from 'kysely';
import type { Transaction } from '../../database/database.ts';
import type { DeploymentTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';

/** The columns of a deployment that a write sets. */
export type DeploymentValues = Omit<Insertable<DeploymentTable>, 'id' | 'created' | 'updated'>;

/** A deployment as rules see it. */
export interface StoredDeployment {
  id: string;
  project_id: string;
}

/** Inserts a deployment and returns its database id, or `undefined` where the project has one of that name. */
export async function insertDeployment(
  transaction: Transaction,
  values: DeploymentValues,
): Promise<string | undefined> {
  const id = newId();
  const created = now();
  try {
    await transaction
      .insertInto('deployment')
      .values({ id, created, updated: created, ...values })
      .execute();
  } catch (error) {
    if (isDuplicateKey(error)) return undefined;
    throw error;
  }
  return id;
}

/** Finds a deployment and holds it until the transaction ends. */
export function lockDeployment(transaction: Transaction, id: string): Promise<StoredDeployment | undefined> {
  const query = transaction.selectFrom('deployment').select(['id', 'project_id']).where('id', '=', id);
  return query.forUpdate().executeTakeFirst();
}

/** Changes what is given of a deployment. @returns whether its new name is free. */
export async function updateDeployment(
  transaction: Transaction,
  id: string,
  values: Partial<DeploymentValues>,
): Promise<boolean> {
  try {
    await transaction
      .updateTable('deployment')
      .set({ ...values, updated: now() })
      .where('id', '=', id)
      .execute();
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
  return true;
}

/** Deletes a deployment with its tags' links and its curated visualizations. @returns whether there was one. */
export async function deleteDeployment(transaction: Transaction, id: string): Promise<boolean> {
  for (const table of ['tag_resource', 'curated_visualization'] as const) {
    await transaction
      .deleteFrom(table)
      .where('resource_id', '=', id)
      .where('resource_type', '=', 'deployment')
      .execute();
  }
  const { numDeletedRows } = await transaction.deleteFrom('deployment').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}
