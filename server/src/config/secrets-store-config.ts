import type { Environment } from './environment.ts';
import { oneOf, text } from './formats.ts';
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
};

export type SecretsStoreConfig = ValuesOf<typeof secretsStoreVariables>;

const BACKUP_TYPE = 'ZENML_BACKUP_SECRETS_STORE_TYPE';

/** Reads where secrets are kept; a second store, which would silently get nothing, is refused. */
export function readSecretsStoreConfig(environment: Environment): SecretsStoreConfig {
  const values = environment.read(secretsStoreVariables);
  if (environment.has(BACKUP_TYPE)) environment.mistake(BACKUP_TYPE, 'must be unset: a second store is not offered.');
  if (values.encryptionKey === undefined) {
    environment.warnings.push(
      `${secretsStoreVariables.encryptionKey.name} is not set: the values of secrets are stored unencrypted.`,
    );
  }
  return values;
}
