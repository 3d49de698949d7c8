import type { Database } from '../database/database.ts';
import { fromDatabaseId } from '../database/ids.ts';
import { inTransaction } from '../database/transaction.ts';
import { keyError } from '../errors.ts';
import type { BackendParts } from './backend-store.ts';
import type { SecretsStore } from './secrets-store.ts';

/** How all secrets are copied from one store to the other. */
export interface CopyOptions {
  /** Goes on with the next secret where one cannot be copied, and logs that. */
  readonly ignoreErrors: boolean;
  /** Removes from the one store what the other has got. */
  readonly deleteSecrets: boolean;
}

/** Copies all secrets between the two stores. @throws ApiError of the first that cannot be copied */
export interface SecretsBackup {
  backup(options: CopyOptions): Promise<void>;
  restore(options: CopyOptions): Promise<void>;
}

interface BackupParts extends Pick<BackendParts, 'log'> {
  readonly db: Database;
  readonly first: SecretsStore;
  readonly second: SecretsStore;
}

/** @param parts the stores themselves, so that each is asked alone */
export function createSecretsBackup({ db, first, second, log }: BackupParts): SecretsBackup {
  const copyAll = async (from: SecretsStore, to: SecretsStore, { ignoreErrors, deleteSecrets }: CopyOptions) => {
    const secrets = await db.selectFrom('secret').select('id').orderBy('created').orderBy('id').execute();
    for (const { id } of secrets) {
      try {
        await copy(db, id, from, to);
        // Only once the copy is committed: one of the stores may be the database.
        if (deleteSecrets) await holding(db, id, (transaction) => from.remove(transaction, id));
      } catch (error) {
        if (!ignoreErrors) throw error;
        log.error({ err: error, secretId: fromDatabaseId(id) }, 'a secret was not copied to the other store');
      }
    }
  };
  return {
    backup: (options) => copyAll(first, second, options),
    restore: (options) => copyAll(second, first, options),
  };
}

function copy(db: Database, id: string, from: SecretsStore, to: SecretsStore): Promise<void> {
  return holding(db, id, async (transaction) => {
    const values = await from.read(transaction, id);
    if (!values) {
      throw keyError(`Secret values for secret ${fromDatabaseId(id)} have not been stored in the secrets store.`);
    }
    await to.write(transaction, id, values);
  });
}

/** Keeps writers of one secret away meanwhile; does nothing where the secret has gone. */
function holding(db: Database, id: string, work: (transaction: Database) => Promise<void>): Promise<void> {
  return inTransaction(db, async (transaction) => {
    const secret = await transaction
      .selectFrom('secret')
      .select('id')
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
    if (secret) await work(transaction);
  });
}
