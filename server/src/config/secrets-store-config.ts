import type { Environment } from './environment.ts';
import { oneOf, text, unset } from './formats.ts';
import { placeVariables, readPlace, type SecretsPlace } from './secrets-place.ts';
import { optional, type ValuesOf, variable } from './variable.ts';

/** Where the values of secrets are kept. */
export const secretsStoreVariables = {
  type: variable('ZENML_SECRETS_STORE_TYPE', oneOf('sql', 'aws'), 'sql', {
    doc: 'Where the values of secrets are kept: `sql`, in the database, or `aws`, in AWS Secrets Manager ([operations.md](operations.md#secrets-outside-of-the-database)). ZenML’s other stores are not offered.',
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
  ...placeVariables('ZENML_SECRETS_STORE_'),
  // Accepting it would leave the second store empty without a word.
  backupType: optional('ZENML_BACKUP_SECRETS_STORE_TYPE', unset, {
    doc: 'A second store, for backups of secrets, is not offered.',
  }),
};

type SecretsStoreValues = ValuesOf<typeof secretsStoreVariables>;

/** Where secrets are kept. */
export interface SecretsStoreConfig extends Pick<SecretsStoreValues, 'encryptionKey' | 'previousEncryptionKey'> {
  readonly place: SecretsPlace;
}

/** Reads where secrets are kept; a missing key is warned about. */
export function readSecretsStoreConfig(environment: Environment): SecretsStoreConfig {
  const values = environment.read(secretsStoreVariables);
  const { type, encryptionKey, previousEncryptionKey } = values;
  const place = readPlace(environment, type, secretsStoreVariables, values);
  if (encryptionKey === undefined && previousEncryptionKey !== undefined) {
    environment.mistake(
      secretsStoreVariables.previousEncryptionKey.name,
      `needs ${secretsStoreVariables.encryptionKey.name}.`,
    );
  }
  if (encryptionKey === undefined && type === 'sql') {
    environment.warnings.push(
      `${secretsStoreVariables.encryptionKey.name} is not set: the values of secrets are stored unencrypted.`,
    );
  }
  return { place, encryptionKey, previousEncryptionKey };
}
