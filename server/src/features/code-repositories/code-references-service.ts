import type { Transaction } from '../../database/database.ts';
import { type CodeReference, findOrInsertCodeReference } from './code-repositories-store.ts';

/** The id of a code reference, which is made where there is none yet. Ids in database form. */
export function ensureCodeReference(transaction: Transaction, reference: CodeReference): Promise<string> {
  return findOrInsertCodeReference(transaction, reference);
}
