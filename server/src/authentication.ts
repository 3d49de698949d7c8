import type { Request } from 'express';
import type { Logger } from 'pino';
import { createTokenIssuer, type IssueToken } from './auth/access-tokens.ts';
import { createAuthenticator } from './auth/authenticator.ts';
import { createCsrfTokens } from './auth/csrf.ts';
import { createDownloadTokens, type DownloadTokens } from './auth/download-tokens.ts';
import { createExternalUsers, type FindExternalUser, serverHeaders } from './auth/external-users.ts';
import type { Identity } from './auth/identity.ts';
import { rememberingPasswords, verifyPassword } from './auth/passwords.ts';
import { createRateLimiter, type RateLimiter, UNLIMITED } from './auth/rate-limiter.ts';
import { createSharedChecks } from './auth/shared-checks.ts';
import { createTokens } from './auth/tokens.ts';
import type { AuthConfig } from './config/auth-config.ts';
import type { Config } from './config/config.ts';
import type { ServerConfig } from './config/server-config.ts';
import { ZENML_VERSION } from './contract/document.ts';
import type { Handlers } from './contract/registry.ts';
import type { Database } from './database/database.ts';
import { ApiError } from './errors.ts';
import { createDevicesService, type DeviceSettings, type DevicesService } from './features/devices/devices-service.ts';
import { createExternalLogin } from './features/login/external-login-service.ts';
import { loginOperations } from './features/login/login-operations.ts';
import { createOnboarding } from './features/server/onboarding.ts';

/** How requests are authenticated, and the operations of log-in. */
export interface Authentication {
  readonly authenticate: (request: Request) => Promise<Identity>;
  readonly authentication: Handlers;
  readonly devices: DevicesService;
  readonly passwordChanges: RateLimiter;
  readonly issueToken: IssueToken;
  readonly downloadTokens: DownloadTokens;
}

/**
 * Builds authentication from its configuration.
 * @param serverId hyphenated; issuer and audience of tokens
 * @param log told why a control plane could not be asked
 */
export function createAuthentication(
  { auth, server }: Pick<Config, 'auth' | 'server'>,
  db: Database,
  serverId: string,
  log: Pick<Logger, 'warn'>,
): Authentication {
  const external = auth.scheme === 'EXTERNAL';
  const deviceSettings = deviceSettingsOf(auth, server);
  const devices = createDevicesService(db, deviceSettings);
  const keys = { secretKey: auth.jwtSecretKey, previousSecretKey: auth.previousJwtSecretKey };
  const csrf = createCsrfTokens(keys);
  const tokens = createTokens({
    ...keys,
    algorithm: auth.jwtAlgorithm,
    issuer: auth.jwtIssuer ?? serverId,
    audience: auth.jwtAudience ?? serverId,
    leewaySeconds: auth.jwtLeewaySeconds,
  });
  const lifetime = auth.jwtExpireMinutes === undefined ? undefined : auth.jwtExpireMinutes * 60;
  const cookie = {
    name: auth.cookieName ?? `zenml-server-${serverId}`,
    domain: auth.cookieDomain,
    maxAgeSeconds: lifetime,
    serverUrl: server.serverUrl,
  };
  const authenticateExternal = createExternalLogin({
    db,
    findExternalUser: externalUsersOf(auth, server, serverId, log),
    onboarding: createOnboarding(),
  });
  const authenticate = createAuthenticator({
    db,
    scheme: auth.scheme,
    tokens,
    csrf,
    shareCheck: createSharedChecks(),
    verifyPassword: rememberingPasswords(verifyPassword),
    cookieName: cookie.name,
    rules: { external, devices: deviceSettings.offered, workloadLeewaySeconds: auth.workloadTokenLeewaySeconds },
    authenticateExternal,
    defaultUserName: server.defaultUserName ?? 'default',
  });
  const issueToken = createTokenIssuer(tokens, csrf, lifetime);
  const limits = { perMinute: auth.loginsPerMinute, perDay: auth.loginsPerDay };
  const limiterOf = (action: string) => (auth.rateLimitEnabled ? createRateLimiter(db, action, limits) : UNLIMITED);
  return {
    authenticate: (request) =>
      authenticate({
        authorization: request.get('Authorization'),
        cookie: request.get('Cookie'),
        csrfToken: request.get('X-CSRF-Token'),
      }),
    passwordChanges: limiterOf('password change'),
    devices,
    issueToken,
    downloadTokens: createDownloadTokens({ ...keys, algorithm: auth.jwtAlgorithm }),
    authentication: loginOperations({
      db,
      issueToken,
      cookie,
      apiTokens: { lifetimeSeconds: auth.apiTokenLifetimeSeconds, maxLifetimeSeconds: auth.apiTokenMaxLifetimeSeconds },
      external,
      devices: deviceSettings.offered,
      externalLoginUrl: auth.externalLoginUrl,
      authenticateExternal,
      logInDevice: devices.logIn,
      limiter: limiterOf('log-in'),
    }),
  };
}

function externalUsersOf(
  { scheme, externalUserInfoUrl: userInfoUrl }: AuthConfig,
  { externalServerId, serverUrl }: ServerConfig,
  ownId: string,
  log: Pick<Logger, 'warn'>,
): FindExternalUser {
  if (scheme !== 'EXTERNAL' || userInfoUrl === undefined) {
    return async () => {
      throw new ApiError('AuthorizationException', 'This server does not authenticate users by a control plane');
    };
  }
  const serverId = externalServerId ?? ownId;
  const headers = serverHeaders(serverId, serverUrl, ZENML_VERSION);
  const onFailure = (error: unknown) => log.warn({ err: error }, 'the control plane did not say who a user is');
  return createExternalUsers({ userInfoUrl, headers, serverId, onFailure });
}

function deviceSettingsOf(auth: AuthConfig, server: ServerConfig): DeviceSettings {
  // Where tokens do not expire, devices do not either, as in the reference.
  const seconds = (minutes: number | undefined) =>
    auth.jwtExpireMinutes === undefined || minutes === undefined ? undefined : minutes * 60;
  return {
    offered: auth.scheme !== 'NO_AUTH' && auth.scheme !== 'EXTERNAL',
    maxFailedAttempts: auth.maxFailedDeviceAttempts,
    timeoutSeconds: auth.deviceTimeoutSeconds,
    pollingSeconds: auth.devicePollingSeconds,
    expirationSeconds: seconds(auth.deviceExpirationMinutes),
    trustedExpirationSeconds: seconds(auth.trustedDeviceExpirationMinutes),
    dashboardUrl: server.dashboardUrl ?? server.serverUrl ?? '',
  };
}
