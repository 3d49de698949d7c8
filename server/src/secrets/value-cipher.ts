import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Turns the text of a secret's values into what the table holds, and back. */
export interface ValueCipher {
  encode(text: string): string;
  /** @throws Error for a wrong key or damaged data; the message names neither. */
  decode(stored: string): string;
}

/** Writes with one cipher, and reads what another one has written, too. */
export function createChangingCipher(current: ValueCipher, previous: ValueCipher): ValueCipher {
  return {
    encode: current.encode,
    decode(stored) {
      try {
        return current.decode(stored);
      } catch {
        // The tag of AES-GCM tells a wrong key from a right one.
        return previous.decode(stored);
      }
    },
  };
}

/**
 * The reference's storage format: base64 of IV, tag and AES-256-GCM ciphertext under the SHA-256 of the configured key,
 * or plain base64 where no key is configured (ZenML 0.98.0 secret_schemas.py, sqlalchemy-utils AesGcmEngine).
 */
export function createValueCipher(encryptionKey: string | undefined): ValueCipher {
  if (encryptionKey === undefined) {
    return {
      encode: (text) => Buffer.from(text, 'utf8').toString('base64'),
      decode: (stored) => Buffer.from(stored, 'base64').toString('utf8'),
    };
  }
  const key = createHash('sha256').update(encryptionKey, 'utf8').digest();
  return {
    encode(text) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
      const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString('base64');
    },
    decode(stored) {
      const bytes = Buffer.from(stored, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const encrypted = bytes.subarray(IV_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString('utf8');
    },
  };
}
