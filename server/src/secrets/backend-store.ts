import type { Logger } from 'pino';
import type { SecretsStore, SecretValues } from './secrets-store.ts';

/** A store of secrets outside of the database; ids in database form, errors `SecretsBackendError`. */
export interface SecretsBackend {
  read(secretId: string): Promise<SecretValues | undefined>;
  write(secretId: string, values: SecretValues): Promise<void>;
  remove(secretId: string): Promise<void>;
}

/** What a backend is made for. */
export interface BackendParts {
  /** Of this server, API form: other servers may share the backend. */
  readonly serverId: string;
  readonly log: Pick<Logger, 'error'>;
}

/** How many secrets are read at once. */
const READ_AT_ONCE = 20;

/** A backend as a secrets store: the connection is not its own. What fails is logged. */
export function createBackendStore(backend: SecretsBackend, log: BackendParts['log']): SecretsStore {
  const logged = async <Result>(call: Promise<Result>): Promise<Result> => {
    try {
      return await call;
    } catch (error) {
      log.error({ err: error }, 'the secrets store failed');
      throw error;
    }
  };
  return {
    read: (_connection, secretId) => logged(backend.read(secretId)),
    async readMany(_connection, secretIds) {
      const found = new Map<string, SecretValues>();
      for (let start = 0; start < secretIds.length; start += READ_AT_ONCE) {
        const ids = secretIds.slice(start, start + READ_AT_ONCE);
        const read = await logged(Promise.all(ids.map(async (id) => [id, await backend.read(id)] as const)));
        for (const [id, values] of read) if (values) found.set(id, values);
      }
      return found;
    },
    write: (_connection, secretId, values) => logged(backend.write(secretId, values)),
    remove: (_connection, secretId) => logged(backend.remove(secretId)),
  };
}
