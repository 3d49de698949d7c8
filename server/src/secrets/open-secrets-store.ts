import type { SecretsStoreConfig } from '../config/secrets-store-config.ts';
import type { BackendParts } from './backend-store.ts';
import { cipherOf } from './configured-cipher.ts';
import { deferWrites } from './deferred-writes.ts';
import type { SecretsStore } from './secrets-store.ts';
import { createSqlSecretsStore } from './sql-secrets-store.ts';

/** The configured secrets store. A cloud's client is loaded where it is used. */
export async function openSecretsStore(config: SecretsStoreConfig, parts: BackendParts): Promise<SecretsStore> {
  const { place } = config;
  if (place.type === 'sql') return createSqlSecretsStore(cipherOf(config));
  const { createAwsSecretsStore } = await import('./aws-secrets-store.ts');
  return deferWrites(createAwsSecretsStore(place, parts));
}
