import type { Insertable } from 'kysely';
import type { Transaction } from '../../database/database.ts';
import type { CodeRepositoryTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists } from '../../errors.ts';

/** The columns of a code repository that a client sets. */
export type CodeRepositoryValues = Omit<Insertable<CodeRepositoryTable>, 'id' | 'created' | 'updated'>;

/** The project of a write, for its message. */
interface ProjectName {
  readonly name: string;
}

/** Inserts a code repository and returns its database id. @throws ApiError EntityExistsError 409 */
export async function insertCodeRepository(
  transaction: Transaction,
  project: ProjectName,
  values: CodeRepositoryValues,
): Promise<string> {
  const id = newId();
  const created = now();
  try {
    await transaction
      .insertInto('code_repository')
      .values({ id, created, updated: created, ...values })
      .execute();
  } catch (error) {
    throw isDuplicateKey(error) ? nameTaken('create', values.name, project) : error;
  }
  return id;
}

/** Finds the project (database id) of a code repository and holds the repository until the transaction ends. */
export async function lockCodeRepository(transaction: Transaction, id: string): Promise<string | undefined> {
  const row = await transaction
    .selectFrom('code_repository')
    .select('project_id')
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  return row?.project_id;
}

/** Changes what is given of a code repository. @throws ApiError EntityExistsError 409 */
export async function updateCodeRepository(
  transaction: Transaction,
  id: string,
  project: ProjectName,
  values: Partial<CodeRepositoryValues>,
): Promise<void> {
  try {
    await transaction
      .updateTable('code_repository')
      .set({ ...values, updated: now() })
      .where('id', '=', id)
      .execute();
  } catch (error) {
    throw isDuplicateKey(error) ? nameTaken('update', values.name ?? '', project) : error;
  }
}

/** Deletes a code repository with its references. @returns whether it was there. */
export async function deleteCodeRepository(transaction: Transaction, id: string): Promise<boolean> {
  const { numDeletedRows } = await transaction.deleteFrom('code_repository').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}

/** A commit and a folder of a code repository, database ids. */
export interface CodeReference {
  readonly project_id: string;
  readonly code_repository_id: string;
  readonly commit: string;
  readonly subdirectory: string;
}

/** The id of a code reference, which is made where there is none yet. */
export async function findOrInsertCodeReference(transaction: Transaction, reference: CodeReference): Promise<string> {
  const existing = await transaction
    .selectFrom('code_reference')
    .select('id')
    .where('project_id', '=', reference.project_id)
    .where('code_repository_id', '=', reference.code_repository_id)
    .where('commit', '=', reference.commit)
    .where('subdirectory', '=', reference.subdirectory)
    .executeTakeFirst();
  if (existing) return existing.id;
  const id = newId();
  const created = now();
  await transaction
    .insertInto('code_reference')
    .values({ id, created, updated: created, ...reference })
    .execute();
  return id;
}

function nameTaken(operation: 'create' | 'update', name: string, project: ProjectName) {
  return entityExists(
    `Unable to ${operation} the requested code repository with name '${name}': ` +
      `Found another existing code repository with the same name in the '${project.name}' project.`,
  );
}
