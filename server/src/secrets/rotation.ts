import type { Database } from '../database/database.ts';
import { fromDatabaseId } from '../database/ids.ts';
import { inTransaction } from '../database/transaction.ts';
import { createValueCipher } from './value-cipher.ts';

/** What a change of the key has done. */
export interface Rotation {
  /** Secrets that were written anew. */
  readonly rotated: number;
  /** Those that the new key could read before. */
  readonly kept: number;
}

/** Secrets that neither key reads; nothing was changed. Names no values. */
export class UnreadableSecretsError extends Error {
  override name = 'UnreadableSecretsError';
}

/**
 * Encrypts the values of all secrets with a key, in one transaction; servers that know both keys go on meanwhile.
 * @param previousKey what they are encrypted with so far
 * @throws {UnreadableSecretsError}
 */
export function rotateSecrets(db: Database, key: string, previousKey: string): Promise<Rotation> {
  const [current, previous] = [createValueCipher(key), createValueCipher(previousKey)];
  return inTransaction(db, async (transaction) => {
    const rows = await transaction.selectFrom('secret').select(['id', 'name', 'values']).forUpdate().execute();
    const unreadable: string[] = [];
    let rotated = 0;
    let kept = 0;
    for (const { id, name, values } of rows) {
      if (!values) continue;
      if (reads(current.decode, values) !== undefined) {
        kept += 1;
        continue;
      }
      const text = reads(previous.decode, values);
      if (text === undefined) {
        unreadable.push(`${name} (${fromDatabaseId(id)})`);
        continue;
      }
      await transaction
        .updateTable('secret')
        .set({ values: current.encode(text) })
        .where('id', '=', id)
        .execute();
      rotated += 1;
    }
    if (unreadable.length > 0) {
      throw new UnreadableSecretsError(`Neither key reads ${unreadable.join(', ')}: nothing was changed.`);
    }
    return { rotated, kept };
  });
}

function reads(decode: (stored: string) => string, stored: string): string | undefined {
  try {
    return decode(stored);
  } catch {
    return undefined;
  }
}
