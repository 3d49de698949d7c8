import { errors, SignJWT } from 'jose';
import { credentialsNotValid } from '../errors.ts';
import { createVerifier, type SigningKeys } from './signing-keys.ts';

/** What is downloaded (ZenML 0.98.0 enums.DownloadType). */
export type DownloadType = 'artifact_version' | 'snapshot_code';

/**
 * Tokens for downloads that a browser starts in a tab of its own, where it sends no credentials: good for one thing and
 * for half a minute. Either server takes the other's.
 */
export interface DownloadTokens {
  /** @param resourceId API form */
  sign(type: DownloadType, resourceId: string): Promise<string>;
  /** @throws ApiError CredentialsNotValid 401 */
  verify(token: string, type: DownloadType, resourceId: string): Promise<void>;
}

const LIFETIME_SECONDS = 30;

/** Makes what signs with one key, and takes the tokens of another one too. */
export function createDownloadTokens({
  algorithm,
  ...keys
}: SigningKeys & { readonly algorithm: 'HS256' | 'HS384' | 'HS512' }): DownloadTokens {
  const key = new TextEncoder().encode(keys.secretKey);
  const check = createVerifier(keys, { algorithms: [algorithm] });
  return {
    sign: (type, resourceId) =>
      new SignJWT({ download_type: type, resource_id: resourceId })
        .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
        .setExpirationTime(Math.floor(Date.now() / 1000) + LIFETIME_SECONDS)
        .sign(key),
    async verify(token, type, resourceId) {
      const claims = await check(token).then(
        ({ payload }) => payload,
        (error: unknown) => {
          throw credentialsNotValid(`Invalid JWT token: ${reasonOf(error)}`);
        },
      );
      if (claims['download_type'] !== type) throw credentialsNotValid('Invalid download type');
      if (claims['resource_id'] !== resourceId) throw credentialsNotValid('Invalid resource ID');
    },
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'Signature has expired';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'Signature verification failed';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'The specified alg value is not allowed';
  return 'Not enough segments';
}
