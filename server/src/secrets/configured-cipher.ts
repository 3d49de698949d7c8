import type { SecretsStoreConfig } from '../config/secrets-store-config.ts';
import { createChangingCipher, createValueCipher, type ValueCipher } from './value-cipher.ts';

/** The cipher of the configured keys. */
export function cipherOf({ encryptionKey, previousEncryptionKey }: SecretsStoreConfig): ValueCipher {
  const current = createValueCipher(encryptionKey);
  if (previousEncryptionKey === undefined) return current;
  return createChangingCipher(current, createValueCipher(previousEncryptionKey));
}
