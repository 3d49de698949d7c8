import type { Connection } from '../database/database.ts';
import { beforeCommit } from '../database/transaction.ts';
import type { SecretsStore, SecretValues } from './secrets-store.ts';

/** What a transaction has changed and not yet written; `undefined` for values that are removed. */
type Changes = Map<string, SecretValues | undefined>;

/**
 * Holds back what transactions change until the moment before they commit. A store outside of the database cannot be
 * rolled back, and is slow:
 * - A transaction that fails or is tried again has not touched the store.
 * - Where the store fails, the transaction is rolled back: secret and values are as before.
 * - Rows are locked for the time of this one call, so that two writers of one secret come one after the other.
 * - Where the process or the database ends between the call and the commit, new values belong to no secret, and changed
 *   or removed ones are what the client asked for: it got no answer, and asks again. Nothing else is lost.
 */
export function deferWrites(store: SecretsStore): SecretsStore {
  const pending = new WeakMap<Connection, Changes>();

  const changesOf = (transaction: Connection): Changes => {
    const known = pending.get(transaction);
    if (known) return known;
    const changes: Changes = new Map();
    beforeCommit(transaction, async () => {
      for (const [id, values] of changes) {
        if (values) await store.write(transaction, id, values);
        else await store.remove(transaction, id);
      }
    });
    pending.set(transaction, changes);
    return changes;
  };

  return {
    async read(connection, secretId) {
      const changes = pending.get(connection);
      return changes?.has(secretId) ? changes.get(secretId) : store.read(connection, secretId);
    },
    async readMany(connection, secretIds) {
      const changes: Changes = pending.get(connection) ?? new Map();
      const found = await store.readMany(
        connection,
        secretIds.filter((id) => !changes.has(id)),
      );
      for (const id of secretIds) {
        const values = changes.get(id);
        if (values) found.set(id, values);
      }
      return found;
    },
    async write(transaction, secretId, values) {
      changesOf(transaction).set(secretId, values);
    },
    async remove(transaction, secretId) {
      changesOf(transaction).set(secretId, undefined);
    },
  };
}
