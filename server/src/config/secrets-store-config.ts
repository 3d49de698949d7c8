import type { Environment } from './environment.ts';
import { oneOf, text, unset } from './formats.ts';
import { optional, type ValuesOf, variable } from './variable.ts';

/** Where the values of secrets are kept. */
export const secretsStoreVariables = {
  type: variable('ZENML_SECRETS_STORE_TYPE', oneOf('sql'), 'sql', {
    doc: 'Where the values of secrets are kept: `sql`, in the database. ZenML’s other stores are not offered.',
  }),
  encryptionKey: optional('ZENML_SECRETS_STORE_ENCRYPTION_KEY', text, {
    secret: true,
    unset: 'values are stored as they are',
    doc: 'The key that the values are encrypted with in the database. Without the key that they were written with they cannot be read.',
  }),
  previousEncryptionKey: optional('ZENML_WORKSPACE_PREVIOUS_ENCRYPTION_KEY', text, {
    secret: true,
    doc: 'While the key is being changed: another key, with which values can still be read. See docs/operations.md.',
  }),
  // Accepting it would leave the second store empty without a word.
  backupType: optional('ZENML_BACKUP_SECRETS_STORE_TYPE', unset, {
    doc: 'A second store, for backups of secrets, is not offered.',
  }),
};

/** Where secrets are kept. */
export type SecretsStoreConfig = Omit<ValuesOf<typeof secretsStoreVariables>, 'backupType'>;

/** Reads where secrets are kept; a missing key is warned about. */
export function readSecretsStoreConfig(environment: Environment): SecretsStoreConfig {
  const { type, encryptionKey, previousEncryptionKey } = environment.read(secretsStoreVariables);
  if (encryptionKey === undefined && previousEncryptionKey !== undefined) {
    environment.mistake(
      secretsStoreVariables.previousEncryptionKey.name,
      `needs ${secretsStoreVariables.encryptionKey.name}.`,
    );
  }
  if (encryptionKey === undefined) {
    environment.warnings.push(
      `${secretsStoreVariables.encryptionKey.name} is not set: the values of secrets are stored unencrypted.`,
    );
  }
  return { type, encryptionKey, previousEncryptionKey };
}
