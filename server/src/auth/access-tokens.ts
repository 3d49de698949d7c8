import { randomUUID } from 'node:crypto';
import type { CsrfTokens } from './csrf.ts';
import type { Identity } from './identity.ts';
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
  readonly scope?: Pick<TokenClaims, 'scheduleId' | 'pipelineRunId' | 'deploymentId'>;
}

/** Issues access tokens. */
export type IssueToken = (identity: Identity, options?: IssueOptions) => Promise<IssuedToken>;

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
    const expiresAt = expiresIn > 0 ? Math.floor(Date.now() / 1000) + expiresIn : undefined;
    return {
      accessToken: await tokens.sign(claims, expiresAt),
      expiresIn: expiresIn > 0 ? expiresIn : null,
      csrfToken: sessionId === undefined ? null : csrf.sign(sessionId),
    };
  };
}
