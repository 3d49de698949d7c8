import type { Environment } from './environment.ts';
import { oneOf, text } from './formats.ts';
import { placeVariables, readPlace, type SecretsPlace } from './secrets-place.ts';
import { optional, type ValuesOf, variable } from './variable.ts';

/** Where the values of secrets are kept. */
export const secretsStoreVariables = {
  type: variable('ZENML_SECRETS_STORE_TYPE', oneOf('sql', 'aws', 'gcp'), 'sql', {
    doc: 'Where the values of secrets are kept: `sql`, in the database, `aws`, in AWS Secrets Manager, or `gcp`, in Google’s ([operations.md](operations.md#secrets-outside-of-the-database)). ZenML’s other stores are not offered.',
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
};

/** The second store. */
export const backupSecretsStoreVariables = {
  type: variable('ZENML_BACKUP_SECRETS_STORE_TYPE', oneOf('none', 'sql', 'aws', 'gcp'), 'none', {
    doc: 'A second store, which values are written to and removed from as well, and read from where the first one fails or has none. It cannot be the database where the first one is.',
  }),
  encryptionKey: optional('ZENML_BACKUP_SECRETS_STORE_ENCRYPTION_KEY', text, {
    secret: true,
    unset: 'values are stored as they are',
    doc: 'The key of a second store in the database.',
  }),
  ...placeVariables('ZENML_BACKUP_SECRETS_STORE_'),
};

type SecretsStoreValues = ValuesOf<typeof secretsStoreVariables>;

/** Where secrets are kept. */
export interface SecretsStoreConfig extends Pick<SecretsStoreValues, 'encryptionKey' | 'previousEncryptionKey'> {
  readonly place: SecretsPlace;
  /** Where they are kept as well. */
  readonly backup: { readonly place: SecretsPlace; readonly encryptionKey: string | undefined } | undefined;
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
  warnWithoutKey(environment, type, secretsStoreVariables.encryptionKey.name);
  return { place, encryptionKey, previousEncryptionKey, backup: readBackup(environment, type) };
}

function warnWithoutKey(environment: Environment, type: string, name: string): void {
  if (type !== 'sql' || environment.has(name)) return;
  environment.warnings.push(`${name} is not set: the values of secrets are stored unencrypted.`);
}

function readBackup(environment: Environment, first: SecretsPlace['type']): SecretsStoreConfig['backup'] {
  const variables = backupSecretsStoreVariables;
  const values = environment.read(variables);
  const { type, encryptionKey } = values;
  if (type === 'none') {
    const { type: _type, ...others } = variables;
    for (const { name } of Object.values(others)) {
      if (environment.has(name)) environment.warnings.push(`${name} has no effect without ${variables.type.name}.`);
    }
    return undefined;
  }
  if (type === 'sql' && first === 'sql') {
    environment.mistake(variables.type.name, 'must not be sql where the first store is: they would share a column.');
  }
  warnWithoutKey(environment, type, variables.encryptionKey.name);
  return { place: readPlace(environment, type, variables, values), encryptionKey };
}
