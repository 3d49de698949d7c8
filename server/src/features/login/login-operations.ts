import type { IssuedToken, IssueToken } from '../../auth/access-tokens.ts';
import { authenticateControlPlaneKey } from '../../auth/authenticator.ts';
import { CONTROL_PLANE_KEY_PREFIX } from '../../auth/external-users.ts';
import { authenticateApiKey, authenticatePassword } from '../../auth/identities.ts';
import type { Identity } from '../../auth/identity.ts';
import type { RateLimiter } from '../../auth/rate-limiter.ts';
import {
  clearedCookieHeader,
  isCrossSite,
  type SessionCookie,
  sessionCookieHeader,
} from '../../auth/session-cookie.ts';
import type { Model } from '../../contract/operation-types.ts';
import type { Handlers, RequestContext } from '../../contract/registry.ts';
import { Reply } from '../../contract/reply.ts';
import type { Database } from '../../database/database.ts';
import { credentialsNotValid } from '../../errors.ts';
import type { LoggedInDevice } from '../devices/devices-service.ts';
import { type ApiTokenSettings, issueApiToken } from './api-tokens.ts';
import { type Grant, readGrant } from './grants.ts';

/** The parts that log-in needs. */
export interface LoginParts {
  readonly db: Database;
  readonly issueToken: IssueToken;
  readonly cookie: SessionCookie;
  readonly apiTokens: ApiTokenSettings;
  /** Whether users log in at a control plane, and whether devices may. */
  readonly external: boolean;
  readonly devices: boolean;
  /** Where users get a token of the control plane. */
  readonly externalLoginUrl: string | undefined;
  /**
   * Whom a token of the control plane stands for.
   * @param byCommandLine whether ZenML's command line asks, whose first log-in is a step of the onboarding
   * @throws ApiError AuthorizationException 401
   */
  readonly authenticateExternal: (token: string, byCommandLine?: boolean) => Promise<Identity>;
  /** Exchanges the code of a device that its user has confirmed. @throws HttpError 400 with an error of RFC 8628 */
  readonly logInDevice: (clientId: string, deviceCode: string) => Promise<LoggedInDevice>;
  readonly limiter: RateLimiter;
}

/** Log-in, log-out and tokens. */
export function loginOperations(parts: LoginParts) {
  const { db, issueToken, cookie } = parts;
  return {
    async token_api_v1_login_post({ body, context }) {
      const grant = readGrant(body ?? {}, parts);
      return parts.limiter.attempt(context.clientAddress, () => logIn(parts, grant, context));
    },

    logout_api_v1_logout_get: async () => new Reply(null, { headers: { 'Set-Cookie': clearedCookieHeader(cookie) } }),

    api_token_api_v1_api_token_get: ({ query, identity }) =>
      issueApiToken(db, issueToken, parts.apiTokens, identity, query),
  } satisfies Handlers;
}

async function logIn(parts: LoginParts, grant: Grant, context: RequestContext) {
  if (grant.type === 'device_code') return exchangeDeviceCode(parts, grant);
  if (grant.type === 'external' && !context.headers['authorization']) {
    return { authorization_url: parts.externalLoginUrl ?? '' };
  }
  const { issueToken, cookie } = parts;
  const identity = await verify(parts, grant, context);
  // Keys are for clients other than browsers.
  if (grant.type === 'api_key') return toTokenResponse(await issueToken(identity));
  const crossSite = isCrossSite(cookie, originOf(context));
  const issued = await issueToken(identity, { session: crossSite });
  const header = sessionCookieHeader(cookie, issued.accessToken, crossSite);
  return new Reply(toTokenResponse(issued), { headers: { 'Set-Cookie': header } });
}

function verify(
  parts: LoginParts,
  grant: Exclude<Grant, { type: 'device_code' }>,
  { headers }: RequestContext,
): Promise<Identity> {
  const { db, authenticateExternal } = parts;
  if (grant.type === 'password') return authenticatePassword(db, grant.userName, grant.password);
  if (grant.type === 'external') {
    const byCommandLine = textOf(headers, 'user-agent')?.toLowerCase().includes('zenml/');
    return authenticateExternal(externalToken(textOf(headers, 'authorization')), byCommandLine);
  }
  if (grant.apiKey.startsWith(CONTROL_PLANE_KEY_PREFIX)) return authenticateControlPlaneKey(parts, grant.apiKey);
  return authenticateApiKey(db, grant.apiKey);
}

function externalToken(authorization: string | undefined): string {
  const [, token] = /^bearer (.+)$/i.exec(authorization ?? '') ?? [];
  if (token) return token;
  throw credentialsNotValid('Invalid request: invalid authorization header.');
}

function textOf(headers: RequestContext['headers'], name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

async function exchangeDeviceCode(
  { issueToken, logInDevice }: LoginParts,
  grant: Extract<Grant, { type: 'device_code' }>,
) {
  const { userId, deviceId, expiresIn } = await logInDevice(grant.clientId, grant.deviceCode);
  return toTokenResponse(await issueToken({ user: { id: userId } }, { deviceId, expiresIn }));
}

function originOf({ headers }: RequestContext) {
  const text = (name: string) => textOf(headers, name);
  return { origin: text('origin') ?? text('referer'), forwardedHost: text('x-forwarded-host'), host: text('host') };
}

function toTokenResponse({ accessToken, expiresIn, csrfToken }: IssuedToken): Model<'OAuthTokenResponse'> {
  return {
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: expiresIn,
    refresh_token: null,
    csrf_token: csrfToken,
    scope: null,
    device_id: null,
    device_metadata: null,
  };
}
