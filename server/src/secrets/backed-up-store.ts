import type { Connection } from '../database/database.ts';
import type { BackendParts } from './backend-store.ts';
import { SecretsBackendError, type SecretsStore, type SecretValues } from './secrets-store.ts';

/**
 * Two stores as one, by the rules of ZenML 0.98.0 (sql_zen_store.py): values are written to both; a store that fails is
 * stood in for by the other one, and the error of the first one is told where both fail. What the first one has lost is
 * brought back from the second when it is read.
 */
export function createBackedUpStore(first: SecretsStore, second: SecretsStore, log: BackendParts['log']): SecretsStore {
  /** @returns what failed */
  const attempt = async (work: () => Promise<void>): Promise<SecretsBackendError | undefined> => {
    try {
      await work();
      return undefined;
    } catch (error) {
      // What fails in the database fails the transaction that a store takes part in.
      if (!(error instanceof SecretsBackendError)) throw error;
      log.error({ err: error }, 'one of the two secrets stores did not take part');
      return error;
    }
  };

  const inBoth = async (work: (store: SecretsStore) => Promise<void>): Promise<void> => {
    const failures = [await attempt(() => work(first)), await attempt(() => work(second))];
    if (failures[0] && failures[1]) throw failures[0];
  };

  const readMany = async (connection: Connection, ids: readonly string[]): Promise<Map<string, SecretValues>> => {
    const found = new Map<string, SecretValues>();
    const readInto = (store: SecretsStore, wanted: readonly string[]) =>
      attempt(async () => {
        for (const [id, values] of await store.readMany(connection, wanted)) found.set(id, values);
      });
    const failure = await readInto(first, ids);
    const missing = ids.filter((id) => !found.has(id));
    if (missing.length === 0) return found;
    await readInto(second, missing);
    if (failure && missing.some((id) => !found.has(id))) throw failure;
    if (failure) return found;
    for (const id of missing) {
      const values = found.get(id);
      if (values) await attempt(() => first.write(connection, id, values));
    }
    return found;
  };

  return {
    read: async (connection, id) => (await readMany(connection, [id])).get(id),
    readMany,
    write: (connection, id, values) => inBoth((store) => store.write(connection, id, values)),
    remove: (connection, id) => inBoth((store) => store.remove(connection, id)),
  };
}
