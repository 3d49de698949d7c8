import { pino } from 'pino';
import type { Config } from '../../server/src/config/config.ts';
import { createDatabase } from '../../server/src/database/database.ts';
import { newId } from '../../server/src/database/ids.ts';
import { inTransaction } from '../../server/src/database/transaction.ts';
import { openSecretsStore } from '../../server/src/secrets/open-secrets-store.ts';
import type { SecretValues } from '../../server/src/secrets/secrets-store.ts';

/**
 * Has a configured server's secrets store keep values, change them and remove them.
 * @returns what was read after each step: nothing after the last
 */
export async function keepSecret(
  { secretsStore: config, store }: Config,
  values: readonly SecretValues[],
): Promise<readonly (SecretValues | undefined)[]> {
  const database = createDatabase(store.database);
  try {
    const parts = { serverId: '00000000-0000-4000-8000-000000000000', log: pino({ level: 'silent' }) };
    const { secretsStore } = await openSecretsStore(database.db, config, parts);
    const id = newId();
    const seen = [];
    for (const kept of values) {
      await inTransaction(database.db, (transaction) => secretsStore.write(transaction, id, kept));
      seen.push(await secretsStore.read(database.db, id));
    }
    await inTransaction(database.db, (transaction) => secretsStore.remove(transaction, id));
    return [...seen, await secretsStore.read(database.db, id)];
  } finally {
    await database.destroy();
  }
}
