import { randomInt } from 'node:crypto';
import type { BodyOf } from '../../contract/operation-types.ts';
import type { Connection, Transaction } from '../../database/database.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists, illegalOperation, keyError } from '../../errors.ts';
import type { SecretsStore, SecretValues } from '../../secrets/secrets-store.ts';
import * as store from './secrets-store.ts';

type SecretRequest = BodyOf<'create_secret_api_v1_secrets_post'>;
type SecretUpdate = BodyOf<'update_secret_api_v1_secrets__secret_id__put'>;

/** What {@link SecretsService.setInternal} stores. */
export interface InternalSecret {
  readonly name: string;
  readonly userId: string;
  readonly values: SecretValues;
}

/** The rules of secrets; ids in database form. */
export interface SecretsService {
  /** Creates a secret and returns its id. @throws ApiError 400, 409 */
  create(transaction: Transaction, request: SecretRequest, userId: string): Promise<string>;
  /**
   * Changes a secret.
   * @param patch keeps the values that the update does not name; otherwise these are dropped.
   * @throws ApiError 403, 404, 409
   */
  update(transaction: Transaction, id: string, update: SecretUpdate, userId: string, patch: boolean): Promise<void>;
  /** Deletes a secret with its values. @throws ApiError 404 */
  remove(transaction: Transaction, id: string, userId: string): Promise<void>;
  /**
   * Sets the values of a secret that the server keeps for itself, which no user sees.
   * @param id the secret that there is already, if any; it goes away where there are no values.
   * @param name what the name of a new secret starts with.
   * @returns the id of the secret, or null without values.
   */
  setInternal(transaction: Transaction, id: string | null, secret: InternalSecret): Promise<string | null>;
  /** The values of several secrets by id; those without values are left out. */
  valuesOf(connection: Connection, ids: readonly string[]): Promise<Map<string, SecretValues>>;
  /** The values of a secret. @throws ApiError KeyError 404 where they are not in the store */
  values(connection: Connection, id: string): Promise<SecretValues>;
}

/** @param values where the values of secrets are kept. */
export function createSecretsService(values: SecretsStore): SecretsService {
  return {
    async create(transaction, request, userId) {
      const secret = { name: request.name, private: request.private ? 1 : 0, user_id: userId };
      await requireFreeName(transaction, secret);
      const id = await orTaken(transaction, secret, () => store.insertSecret(transaction, secret));
      await values.write(transaction, id, withoutNulls(request.values ?? {}));
      return id;
    },

    async update(transaction, id, update, userId, patch) {
      const secret = await requireVisible(transaction, id, userId);
      if (update.private != null && secret.user_id !== userId) {
        throw illegalOperation('Only the user who created the secret is allowed to update its private status.');
      }
      const changed = {
        ...secret,
        ...(update.name != null && { name: update.name }),
        ...(update.private != null && { private: update.private ? 1 : 0 }),
      };
      if (changed.name !== secret.name || changed.private !== secret.private) {
        await requireFreeName(transaction, changed, id);
      }
      const { name, private: isPrivate } = changed;
      await orTaken(transaction, changed, () => store.updateSecret(transaction, id, { name, private: isPrivate }));
      if (update.values == null) return;
      const kept = patch ? ((await values.read(transaction, id)) ?? {}) : {};
      await values.write(transaction, id, withoutNulls({ ...kept, ...update.values }));
    },

    async remove(transaction, id, userId) {
      await requireVisible(transaction, id, userId);
      await values.remove(transaction, id);
      await store.deleteSecret(transaction, id);
    },

    async setInternal(transaction, id, { name, userId, values: texts }) {
      if (Object.keys(texts).length === 0) {
        if (id !== null) {
          await values.remove(transaction, id);
          await store.deleteSecret(transaction, id);
        }
        return null;
      }
      const existing = id === null ? undefined : await store.lockSecret(transaction, id);
      const secretId = existing?.id ?? (await insertInternal(transaction, name, userId));
      await values.write(transaction, secretId, texts);
      return secretId;
    },

    valuesOf: (connection, ids) => values.readMany(connection, ids),

    async values(connection, id) {
      const stored = await values.read(connection, id);
      if (stored) return stored;
      throw keyError(`Secret values for secret ${fromDatabaseId(id)} have not been stored in the secrets store.`);
    },
  };
}

/** Adds four random characters to the name, as the reference does; some secrets stores take letters and digits only. */
async function insertInternal(transaction: Transaction, name: string, userId: string): Promise<string> {
  const prefix = name.replaceAll(/[^a-zA-Z0-9-]/g, '-').toLowerCase();
  for (;;) {
    const secret = { name: `${prefix}-${randomSuffix()}`, private: 0, user_id: userId };
    if (!(await store.isNameTaken(transaction, secret))) return store.insertSecret(transaction, secret, true);
  }
}

function randomSuffix(): string {
  return Array.from({ length: 4 }, () => randomInt(36).toString(36)).join('');
}

async function requireVisible(transaction: Transaction, id: string, userId: string): Promise<store.StoredSecret> {
  const secret = await store.lockSecret(transaction, id);
  if (!secret) throw unknownSecret(id);
  if (secret.internal === 0 && (secret.private === 0 || secret.user_id === userId)) return secret;
  throw keyError(
    `Secret with name or ID ${fromDatabaseId(id)} not found or is private and not owned by the current user.`,
  );
}

/** The error for a secret that is not there, in the reference's words. */
export function unknownSecret(id: string) {
  return keyError(`Unable to get secret with name or ID '${fromDatabaseId(id)}': No secret with this ID found.`);
}

async function requireFreeName(transaction: Transaction, secret: store.NewSecret, except?: string): Promise<void> {
  if (await store.isNameTaken(transaction, secret, except)) throw await nameTaken(transaction, secret);
}

async function orTaken<T>(transaction: Transaction, secret: store.NewSecret, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw isDuplicateKey(error) ? await nameTaken(transaction, secret) : error;
  }
}

async function nameTaken(transaction: Transaction, secret: store.NewSecret) {
  const found = (scope: string) => `Found an existing ${scope} secret with the same '${secret.name}' name`;
  if (secret.private === 0) return entityExists(found('public'));
  const owner = await store.findUserName(transaction, secret.user_id);
  return entityExists(`${found('private')} for the same '${owner}' user`);
}

function withoutNulls(values: Readonly<Record<string, string | null>>): SecretValues {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null));
}
