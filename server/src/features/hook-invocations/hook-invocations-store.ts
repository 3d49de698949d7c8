import type { Insertable } from 'kysely';
import type { Transaction } from '../../database/database.ts';
import type { HookInvocationOutputArtifactTable, HookInvocationTable } from '../../database/generated/schema.gen.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists } from '../../errors.ts';

/** The columns of a hook invocation that a client sets. */
export type HookInvocationValues = Omit<Insertable<HookInvocationTable>, 'created' | 'updated'>;

/** Inserts a hook invocation. @throws ApiError EntityExistsError 409 */
export async function insertHookInvocation(transaction: Transaction, values: HookInvocationValues): Promise<void> {
  const created = now();
  try {
    await transaction
      .insertInto('hook_invocation')
      .values({ created, updated: created, ...values })
      .execute();
  } catch (error) {
    throw isDuplicateKey(error) ? entityExists('A hook invocation with this ID already exists.') : error;
  }
}

/** Links artifact versions as outputs. */
export async function insertOutputs(
  transaction: Transaction,
  links: readonly Insertable<HookInvocationOutputArtifactTable>[],
): Promise<void> {
  if (links.length > 0) await transaction.insertInto('hook_invocation_output_artifact').values(links).execute();
}

/** Gives a log record to a hook invocation; an unknown record is passed over. */
export async function linkLogs(transaction: Transaction, logsId: string, hookInvocationId: string): Promise<void> {
  const values = { hook_invocation_id: hookInvocationId };
  await transaction.updateTable('logs').set(values).where('id', '=', logsId).execute();
}

/** Deletes a hook invocation; its outputs and its log stay, unlinked. @returns whether there was one. */
export async function deleteHookInvocation(transaction: Transaction, id: string): Promise<boolean> {
  const { numDeletedRows } = await transaction.deleteFrom('hook_invocation').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}
