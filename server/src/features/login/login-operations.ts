import type { IssuedToken, IssueToken } from '../../auth/access-tokens.ts';
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
  const { db, issueToken, cookie } = parts;
  const identity = await verify(db, grant);
  // Keys are for clients other than browsers.
  if (grant.type === 'api_key') return toTokenResponse(await issueToken(identity));
  const crossSite = isCrossSite(cookie, originOf(context));
  const issued = await issueToken(identity, { session: crossSite });
  const header = sessionCookieHeader(cookie, issued.accessToken, crossSite);
  return new Reply(toTokenResponse(issued), { headers: { 'Set-Cookie': header } });
}

function verify(db: Database, grant: Exclude<Grant, { type: 'device_code' }>): Promise<Identity> {
  if (grant.type === 'api_key') return authenticateApiKey(db, grant.apiKey);
  return authenticatePassword(db, grant.userName, grant.password);
}

async function exchangeDeviceCode(
  { issueToken, logInDevice }: LoginParts,
  grant: Extract<Grant, { type: 'device_code' }>,
) {
  const { userId, deviceId, expiresIn } = await logInDevice(grant.clientId, grant.deviceCode);
  return toTokenResponse(await issueToken({ user: { id: userId } }, { deviceId, expiresIn }));
}

function originOf({ headers }: RequestContext) {
  const text = (name: string) => (typeof headers[name] === 'string' ? headers[name] : undefined);
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
