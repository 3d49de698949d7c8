import { randomUUID } from 'node:crypto';
import type { CsrfTokens } from './csrf.ts';
import type { Identity, IdentityUser } from './identity.ts';
import type { TokenClaims, Tokens } from './tokens.ts';

/** An access token as a log-in answers it. */
export interface IssuedToken {
  readonly accessToken: string;
  /** Seconds; `null` where it does not expire. */
  readonly expiresIn: number | null;
  /** For sessions of another site. */
  readonly csrfToken: string | null;
}

/** How a token is issued. */
export interface IssueOptions {
  /** Seconds; 0 never expires; what is configured where left out. */
  readonly expiresIn?: number;
  /** Binds the token to a browser session that needs a CSRF token. */
  readonly session?: boolean;
  readonly deviceId?: string;
  readonly scope?: Pick<TokenClaims, 'scheduleId' | 'pipelineRunId' | 'deploymentId' | 'launchId'>;
}

/** Whom a token is for: a user, or a service account through one of its API keys. */
export interface TokenHolder {
  readonly user: Pick<IdentityUser, 'id'>;
  readonly apiKey?: Identity['apiKey'];
}

/** Issues access tokens. */
export type IssueToken = (holder: TokenHolder, options?: IssueOptions) => Promise<IssuedToken>;

/** @param defaultLifetimeSeconds of tokens of a log-in; they do not expire where left out */
export function createTokenIssuer(tokens: Tokens, csrf: CsrfTokens, defaultLifetimeSeconds?: number): IssueToken {
  return async ({ user, apiKey }, options = {}) => {
    const expiresIn = options.expiresIn ?? defaultLifetimeSeconds ?? 0;
    const sessionId = options.session ? randomUUID() : undefined;
    const claims: TokenClaims = {
      userId: user.id,
      apiKeyId: apiKey?.id,
      apiKeyGeneration: apiKey?.generation,
      deviceId: options.deviceId,
      sessionId,
      ...options.scope,
    };
    // Less than nothing, which a client may ask for, has expired already: only 0 is for ever.
    const expiresAt = expiresIn === 0 ? undefined : Math.floor(Date.now() / 1000) + expiresIn;
    return {
      accessToken: await tokens.sign(claims, expiresAt),
      expiresIn: expiresIn === 0 ? null : expiresIn,
      csrfToken: sessionId === undefined ? null : csrf.sign(sessionId),
    };
  };
}
