import type { SecretsPlace } from '../config/secrets-place.ts';
import type { SecretsStoreConfig } from '../config/secrets-store-config.ts';
import type { Database } from '../database/database.ts';
import { newId } from '../database/ids.ts';
import { createBackedUpStore } from './backed-up-store.ts';
import type { BackendParts } from './backend-store.ts';
import { cipherOf } from './configured-cipher.ts';
import { deferWrites } from './deferred-writes.ts';
import { createSecretsBackup, type SecretsBackup } from './secrets-backup.ts';
import { SecretsBackendError, type SecretsStore } from './secrets-store.ts';
import { createSqlSecretsStore } from './sql-secrets-store.ts';
import { createValueCipher, type ValueCipher } from './value-cipher.ts';

/** The configured stores. */
export interface OpenSecretsStore {
  readonly secretsStore: SecretsStore;
  /** Left out where there is no second store. */
  readonly secretsBackup?: SecretsBackup;
}

/** Opens the configured stores. */
export async function openSecretsStore(
  db: Database,
  config: SecretsStoreConfig,
  parts: BackendParts,
): Promise<OpenSecretsStore> {
  const { place, backup } = config;
  const first = await open(place, cipherOf(config), parts);
  if (!backup) return { secretsStore: place.type === 'sql' ? first : deferWrites(first) };
  const second = await open(backup.place, createValueCipher(backup.encryptionKey), parts);
  return {
    secretsStore: deferWrites(createBackedUpStore(first, second, parts.log)),
    secretsBackup: createSecretsBackup({ db, first, second, log: parts.log }),
  };
}

/**
 * Asks each store outside of the database for a secret that it cannot have.
 * @returns what their answers say is wrong
 */
export async function diagnoseSecretsStore(
  db: Database,
  config: SecretsStoreConfig,
  parts: BackendParts,
): Promise<readonly string[]> {
  const places = [config.place, ...(config.backup ? [config.backup.place] : [])];
  const problems = [];
  for (const place of places.filter(({ type }) => type !== 'sql')) {
    try {
      await (await open(place, cipherOf(config), parts)).read(db, newId());
    } catch (error) {
      if (!(error instanceof SecretsBackendError)) throw error;
      problems.push(error.message);
    }
  }
  return problems;
}

/** A cloud's client is loaded where it is used. */
async function open(place: SecretsPlace, cipher: ValueCipher, parts: BackendParts): Promise<SecretsStore> {
  switch (place.type) {
    case 'sql':
      return createSqlSecretsStore(cipher);
    case 'aws':
      return (await import('./aws-secrets-store.ts')).createAwsSecretsStore(place, parts);
    case 'gcp':
      return (await import('./gcp-secrets-store.ts')).createGcpSecretsStore(place, parts);
  }
}
