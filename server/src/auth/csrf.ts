import { createHmac, timingSafeEqual } from 'node:crypto';
import { credentialsNotValid } from '../errors.ts';

/** Signs the id of a browser session: a page that can send it has read the answer to the log-in. */
export interface CsrfTokens {
  sign(sessionId: string): string;
  /** @throws ApiError CredentialsNotValid 401 where the token is missing, forged, or another session's */
  verify(token: string | undefined, sessionId: string): void;
}

/** @param secretKey the key that access tokens are signed with */
export function createCsrfTokens(secretKey: string): CsrfTokens {
  const sign = (sessionId: string) => createHmac('sha256', secretKey).update(`csrf ${sessionId}`).digest('base64url');
  return {
    sign,
    verify(token, sessionId) {
      if (!token) throw credentialsNotValid('Authentication error: missing CSRF token');
      const expected = Buffer.from(sign(sessionId));
      const given = Buffer.from(token);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
        throw credentialsNotValid('Authentication error: CSRF token does not match the access token');
      }
    },
  };
}
