import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { unzipSync } from 'node:zlib';
import { credentialsNotValid } from '../errors.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Signs the id of a browser session: a page that can send it has read the answer to the log-in. */
export interface CsrfTokens {
  sign(sessionId: string): string;
  /** @throws ApiError CredentialsNotValid 401 where the token is missing, forged, or another session's */
  verify(token: string | undefined, sessionId: string): void;
}

/** Salt and purpose that the reference's library mixes into the key. */
const PURPOSE = 'itsdangeroussigner';
/** What stands before a packed payload. */
const PACKED = '.';

/**
 * Makes what signs with one key, and takes the tokens of another one too. The format is that of Python's itsdangerous (`URLSafeSerializer`), so that a session
 * that was begun at the reference goes on here, and back.
 * @param keys those of access tokens
 */
export function createCsrfTokens({ secretKey, previousSecretKey }: SigningKeys): CsrfTokens {
  const signatureOf = signerOf(secretKey);
  const signers = previousSecretKey === undefined ? [signatureOf] : [signatureOf, signerOf(previousSecretKey)];
  return {
    sign(sessionId) {
      const payload = Buffer.from(JSON.stringify(sessionId)).toString('base64url');
      return `${payload}.${signatureOf(payload).toString('base64url')}`;
    },
    verify(token, sessionId) {
      if (!token) throw credentialsNotValid('Authentication error: missing CSRF token');
      const separator = token.lastIndexOf('.');
      const payload = token.slice(0, Math.max(separator, 0));
      const given = Buffer.from(token.slice(separator + 1), 'base64url');
      const isOf = (expected: Buffer) => given.length === expected.length && timingSafeEqual(given, expected);
      if (!signers.some((sign) => isOf(sign(payload)))) {
        throw credentialsNotValid('Invalid CSRF token: signature mismatch');
      }
      if (readPayload(payload) !== sessionId) {
        throw credentialsNotValid('Authentication error: CSRF token does not match the access token');
      }
    },
  };
}

function signerOf(secretKey: string): (payload: string) => Buffer {
  const key = createHash('sha1').update(PURPOSE).update(secretKey).digest();
  return (payload) => createHmac('sha1', key).update(payload).digest();
}

/** Reads what was signed with the server's own key. */
function readPayload(payload: string): unknown {
  const packed = payload.startsWith(PACKED);
  const bytes = Buffer.from(payload.slice(packed ? PACKED.length : 0), 'base64url');
  return JSON.parse((packed ? unzipSync(bytes) : bytes).toString('utf8'));
}
