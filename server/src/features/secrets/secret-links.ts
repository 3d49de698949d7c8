import type { Connection, Transaction } from '../../database/database.ts';
import { fromDatabaseId, newId, toDatabaseId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { findUsableSecret } from './secret-names-read-model.ts';

/** What secrets can be linked to. */
export type SecretResourceType = 'stack' | 'stack_component';

/** What a secret is linked to, and by whom (database ids). */
export interface SecretTarget {
  readonly type: SecretResourceType;
  readonly id: string;
  readonly userId: string;
}

/** The ids (API form) of the secrets linked to resources, in order of their names. */
export async function loadLinkedSecrets(
  connection: Connection,
  type: SecretResourceType,
  ids: readonly string[],
): Promise<Map<string, string[]>> {
  const linked = new Map<string, string[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return linked;
  const rows = await connection
    .selectFrom('secret_resource')
    .innerJoin('secret', 'secret.id', 'secret_resource.secret_id')
    .select(['secret_resource.resource_id', 'secret.id'])
    .where('secret_resource.resource_id', 'in', ids)
    .where('secret_resource.resource_type', '=', type)
    .orderBy('secret.name')
    .execute();
  for (const row of rows) linked.get(row.resource_id)?.push(fromDatabaseId(row.id));
  return linked;
}

/** Links secrets, by name or id, that the user may see. @throws ApiError KeyError 404 */
export async function linkSecrets(
  transaction: Transaction,
  target: SecretTarget,
  references: readonly string[] | null | undefined,
): Promise<void> {
  if (!references || references.length === 0) return;
  const created = now();
  for (const reference of references) {
    const secretId = toDatabaseId(await findUsableSecret(transaction, reference, target.userId));
    const row = {
      id: newId(),
      created,
      updated: created,
      secret_id: secretId,
      resource_id: target.id,
      resource_type: target.type,
    };
    await transaction.insertInto('secret_resource').ignore().values(row).execute();
  }
}

/** Removes links to secrets, by name or id. @throws ApiError KeyError 404 */
export async function unlinkSecrets(
  transaction: Transaction,
  target: SecretTarget,
  references: readonly string[] | null | undefined,
): Promise<void> {
  for (const reference of references ?? []) {
    const secretId = toDatabaseId(await findUsableSecret(transaction, reference, target.userId));
    await transaction
      .deleteFrom('secret_resource')
      .where('resource_id', '=', target.id)
      .where('resource_type', '=', target.type)
      .where('secret_id', '=', secretId)
      .execute();
  }
}
