import { ApiError, valueError } from '../errors.ts';
import type { SecretsStore, SecretValues } from './secrets-store.ts';
import type { ValueCipher } from './value-cipher.ts';

/** The most that keys and values may take together, bytes of UTF-8 (ZenML 0.98.0 secret_schemas.py). */
const MAX_BYTES = 64 * 1024;

/** Keeps values in the column `secret.values`, written in the same transaction as the secret. */
export function createSqlSecretsStore(cipher: ValueCipher): SecretsStore {
  return {
    async read(connection, secretId) {
      const row = await connection.selectFrom('secret').select('values').where('id', '=', secretId).executeTakeFirst();
      return row?.values ? decode(cipher, row.values) : undefined;
    },
    async readMany(connection, secretIds) {
      if (secretIds.length === 0) return new Map();
      const rows = await connection
        .selectFrom('secret')
        .select(['id', 'values'])
        .where('id', 'in', secretIds)
        .execute();
      return new Map(rows.flatMap(({ id, values }) => (values ? [[id, decode(cipher, values)]] : [])));
    },
    async write(connection, secretId, values) {
      checkSize(values);
      const stored = cipher.encode(JSON.stringify(values));
      await connection.updateTable('secret').set({ values: stored }).where('id', '=', secretId).execute();
    },
    async remove(connection, secretId) {
      await connection.updateTable('secret').set({ values: null }).where('id', '=', secretId).execute();
    },
  };
}

function decode(cipher: ValueCipher, stored: string): SecretValues {
  try {
    return JSON.parse(cipher.decode(stored)) as SecretValues;
  } catch (error) {
    throw new ApiError(
      'RuntimeError',
      'Could not decrypt secret values. Please check that the encryption key is correct.',
      { cause: error },
    );
  }
}

function checkSize(values: SecretValues): void {
  const bytes = Object.entries(values).reduce(
    (total, [key, value]) => total + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  if (bytes > MAX_BYTES) {
    throw valueError(
      `Secret key and value strings exceed the maximum total size (${MAX_BYTES / 1024} KiB of UTF-8 across all keys ` +
        'and values). Split the data or use an artifact store for large files.',
    );
  }
}
