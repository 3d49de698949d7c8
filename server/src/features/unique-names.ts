import { isDuplicateKey } from '../database/transaction.ts';
import { entityExists } from '../errors.ts';

/** A name that a write gives, and that no other of its kind in the project may have. */
export interface NameInProject {
  readonly operation: 'create' | 'update';
  /** What it is called in the message: `trigger`. */
  readonly kind: string;
  readonly name: string;
  readonly projectName: string;
  /** The unique key that refuses it, where the table has others. */
  readonly key?: string;
}

/**
 * Writes under a name, which the database refuses where it is taken.
 * @throws ApiError EntityExistsError 409
 */
export async function writeUnique<T>(given: NameInProject, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isDuplicateKey(error, given.key)) throw error;
    const { operation, kind, name, projectName } = given;
    throw entityExists(
      `Unable to ${operation} the requested ${kind} with name '${name}': Found another existing ${kind} with the ` +
        `same name in the '${projectName}' project.`,
    );
  }
}
