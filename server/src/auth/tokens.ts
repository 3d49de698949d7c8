import { errors, jwtVerify, SignJWT } from 'jose';
import { isUuid } from '../database/ids.ts';
import { credentialsNotValid } from '../errors.ts';

/** How tokens are signed and checked. */
export interface TokenSettings {
  readonly secretKey: string;
  readonly algorithm: 'HS256' | 'HS384' | 'HS512';
  /** The server's id where none is configured, as in the reference. */
  readonly issuer: string;
  readonly audience: string;
  readonly leewaySeconds: number;
}

/** What a token says; ids in API form (ZenML 0.98.0 zen_server/jwt.py: either server takes the other's tokens). */
export interface TokenClaims {
  readonly userId: string;
  readonly deviceId?: string | undefined;
  readonly apiKeyId?: string | undefined;
  /** Which of the key's values the token was issued for. */
  readonly apiKeyGeneration?: number | undefined;
  readonly scheduleId?: string | undefined;
  readonly pipelineRunId?: string | undefined;
  readonly deploymentId?: string | undefined;
  /** The browser session whose CSRF token must come along. */
  readonly sessionId?: string | undefined;
  /** Seconds since 1970. */
  readonly issuedAt?: number | undefined;
}

const ID_CLAIMS = {
  device_id: 'deviceId',
  api_key_id: 'apiKeyId',
  schedule_id: 'scheduleId',
  pipeline_run_id: 'pipelineRunId',
  deployment_id: 'deploymentId',
  session_id: 'sessionId',
} as const;

/** Signs and checks tokens. */
export interface Tokens {
  /** @param expiresAt seconds since 1970; never, where left out */
  sign(claims: TokenClaims, expiresAt?: number): Promise<string>;
  /** @throws ApiError CredentialsNotValid 401 */
  verify(token: string): Promise<TokenClaims>;
}

/** Makes the signer of one key. */
export function createTokens(settings: TokenSettings): Tokens {
  const key = new TextEncoder().encode(settings.secretKey);
  return {
    sign(claims, expiresAt) {
      const token = new SignJWT(toPayload(claims))
        .setProtectedHeader({ alg: settings.algorithm, typ: 'JWT' })
        .setSubject(claims.userId)
        .setIssuer(settings.issuer)
        .setAudience(settings.audience)
        .setIssuedAt(claims.issuedAt ?? Date.now() / 1000);
      if (expiresAt !== undefined) token.setExpirationTime(expiresAt);
      return token.sign(key);
    },
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [settings.algorithm],
          issuer: settings.issuer,
          audience: settings.audience,
          clockTolerance: settings.leewaySeconds,
        });
        return fromPayload(payload);
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error;
        throw credentialsNotValid(
          `Authentication error: error decoding access token: Invalid JWT token: ${error.message}.`,
        );
      }
    },
  };
}

function toPayload(claims: TokenClaims): Record<string, string | number> {
  const payload: Record<string, string | number> = {};
  for (const [name, field] of Object.entries(ID_CLAIMS)) {
    const value = claims[field];
    if (value !== undefined) payload[name] = value;
  }
  if (claims.apiKeyGeneration !== undefined) payload['key_gen'] = claims.apiKeyGeneration;
  return payload;
}

function fromPayload(payload: Readonly<Record<string, unknown>>): TokenClaims {
  const ids: Partial<Record<(typeof ID_CLAIMS)[keyof typeof ID_CLAIMS], string>> = {};
  for (const [name, field] of Object.entries(ID_CLAIMS)) {
    if (payload[name] !== undefined) ids[field] = idClaim(name, payload[name]);
  }
  const { iat, key_gen: generation } = payload;
  if (generation !== undefined && !Number.isInteger(generation)) throw invalid('key_gen');
  return {
    ...ids,
    userId: idClaim('subject', payload['sub']),
    issuedAt: iat as number | undefined,
    apiKeyGeneration: generation as number | undefined,
  };
}

function idClaim(name: string, value: unknown): string {
  if (typeof value !== 'string' || !isUuid(value)) throw invalid(name);
  return value;
}

function invalid(claim: string) {
  return credentialsNotValid(`Invalid JWT token: the ${claim} claim is not valid`);
}
