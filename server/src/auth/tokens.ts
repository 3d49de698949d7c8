import { errors, SignJWT } from 'jose';
import { fromDatabaseId, isUuid, toDatabaseId } from '../database/ids.ts';
import { credentialsNotValid } from '../errors.ts';
import { createVerifier, type SigningKeys } from './signing-keys.ts';

/** How tokens are signed and checked. */
export interface TokenSettings extends SigningKeys {
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
  /** The launch whose runner has it; beyond the reference, which reads over it. */
  readonly launchId?: string | undefined;
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
  launch_id: 'launchId',
  session_id: 'sessionId',
} as const;

/** Of tokens whose signature was checked: what they say does not change, and each comes with many requests. */
const MAX_REMEMBERED = 5_000;

/** Signs and checks tokens. */
export interface Tokens {
  /** @param expiresAt seconds since 1970; never, where left out */
  sign(claims: TokenClaims, expiresAt?: number): Promise<string>;
  /** @throws ApiError CredentialsNotValid 401 */
  verify(token: string): Promise<TokenClaims>;
}

/** Makes what signs with one key, and takes the tokens of another one too. */
export function createTokens(settings: TokenSettings): Tokens {
  const key = new TextEncoder().encode(settings.secretKey);
  const check = createVerifier(settings, {
    algorithms: [settings.algorithm],
    issuer: settings.issuer,
    audience: settings.audience,
    clockTolerance: settings.leewaySeconds,
  });
  const verified = new Map<string, { readonly claims: TokenClaims; readonly until: number }>();
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
      const now = Date.now() / 1000;
      const known = verified.get(token);
      if (known && known.until > now) return known.claims;
      try {
        const { payload } = await check(token);
        const claims = fromPayload(payload, now + settings.leewaySeconds);
        if (verified.size >= MAX_REMEMBERED) verified.clear();
        verified.set(token, { claims, until: payload.exp ?? Number.POSITIVE_INFINITY });
        return claims;
      } catch (error) {
        if (error instanceof errors.JOSEError) throw invalid(reasonOf(error));
        throw error;
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

/** @param latest seconds since 1970: what was issued later comes from a clock that cannot be trusted */
function fromPayload(payload: Readonly<Record<string, unknown>>, latest: number): TokenClaims {
  const ids: Partial<Record<(typeof ID_CLAIMS)[keyof typeof ID_CLAIMS], string>> = {};
  for (const [name, field] of Object.entries(ID_CLAIMS)) {
    if (payload[name] !== undefined) ids[field] = idClaim(name, payload[name]);
  }
  const { sub, iat, key_gen: generation } = payload;
  if (sub === undefined || sub === '') throw invalid('the subject claim is missing');
  if (iat !== undefined && typeof iat !== 'number') throw invalid('the iat claim is not a valid timestamp');
  if (iat !== undefined && iat > latest) throw invalid('The token is not yet valid (iat)');
  if (generation !== undefined && !Number.isInteger(generation))
    throw invalid('the key_gen claim is not a valid integer');
  return {
    ...ids,
    userId: idClaim('subject', sub),
    issuedAt: iat,
    apiKeyGeneration: generation as number | undefined,
  };
}

function idClaim(name: string, value: unknown): string {
  if (typeof value !== 'string' || !isUuid(value)) throw invalid(`the ${name} claim is not a valid UUID`);
  return fromDatabaseId(toDatabaseId(value));
}

/** What is wrong with a token, in the words of the reference's library. */
function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'Signature has expired';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'Signature verification failed';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'The specified alg value is not allowed';
  if (!(error instanceof errors.JWTClaimValidationFailed)) return 'Not enough segments';
  if (error.reason === 'missing') return `Token is missing the "${error.claim}" claim`;
  return WRONG_CLAIMS[error.claim] ?? `the ${error.claim} claim is not valid`;
}

const WRONG_CLAIMS: Readonly<Record<string, string>> = {
  aud: "Audience doesn't match",
  iss: 'Invalid issuer',
  nbf: 'The token is not yet valid (nbf)',
};

function invalid(reason: string) {
  return credentialsNotValid(`Authentication error: error decoding access token: Invalid JWT token: ${reason}.`);
}
