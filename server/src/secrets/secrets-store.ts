import type { Connection } from '../database/database.ts';
import { ApiError } from '../errors.ts';

/** The texts of a secret by key. */
export type SecretValues = Readonly<Record<string, string>>;

/**
 * Where the values of secrets are kept. The secrets themselves are rows of `secret` whatever the store. A store that is
 * reached over the network throws {@link SecretsBackendError} where it is not reached or refuses.
 */
export interface SecretsStore {
  /** The values of a secret (database id); `undefined` where the store has none. */
  read(connection: Connection, secretId: string): Promise<SecretValues | undefined>;
  /** The values of several secrets, by database id; those that the store has none of are left out. */
  readMany(connection: Connection, secretIds: readonly string[]): Promise<Map<string, SecretValues>>;
  /** Sets all values of a secret. @throws ApiError ValueError 400 where they are too large */
  write(connection: Connection, secretId: string, values: SecretValues): Promise<void>;
  /** Removes the values of a secret; none is fine. */
  remove(connection: Connection, secretId: string): Promise<void>;
}

/** 500: a store outside of the database failed. */
export class SecretsBackendError extends ApiError {
  constructor(message: string, options?: ErrorOptions) {
    super('RuntimeError', message, options);
  }
}
