import type { Request } from 'express';
import { createTokenIssuer } from './auth/access-tokens.ts';
import { createAuthenticator } from './auth/authenticator.ts';
import { createCsrfTokens } from './auth/csrf.ts';
import type { Identity } from './auth/identity.ts';
import { createIdentityCache } from './auth/identity-cache.ts';
import { createTokens } from './auth/tokens.ts';
import type { Config } from './config/config.ts';
import type { Handlers } from './contract/registry.ts';
import type { Database } from './database/database.ts';
import { notImplemented } from './errors.ts';
import { loginOperations } from './features/login/login-operations.ts';

/** How requests are authenticated, and the operations of log-in. */
export interface Authentication {
  readonly authenticate: (request: Request) => Promise<Identity>;
  readonly forgetIdentities: () => void;
  readonly authentication: Handlers;
}

/** Builds authentication from its configuration. @param serverId hyphenated; issuer and audience of tokens */
export function createAuthentication({ auth, server }: Config, db: Database, serverId: string): Authentication {
  const external = auth.scheme === 'EXTERNAL';
  const devices = auth.scheme !== 'NO_AUTH' && !external;
  const csrf = createCsrfTokens(auth.jwtSecretKey);
  const tokens = createTokens({
    secretKey: auth.jwtSecretKey,
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
  const cache = createIdentityCache();
  const authenticate = createAuthenticator({
    db,
    scheme: auth.scheme,
    tokens,
    csrf,
    cache,
    cookieName: cookie.name,
    rules: { external, devices, workloadLeewaySeconds: auth.workloadTokenLeewaySeconds },
    defaultUserName: server.defaultUserName ?? 'default',
  });
  return {
    authenticate: (request) =>
      authenticate({
        authorization: request.get('Authorization'),
        cookie: request.get('Cookie'),
        csrfToken: request.get('X-CSRF-Token'),
      }),
    forgetIdentities: cache.clear,
    authentication: loginOperations({
      db,
      issueToken: createTokenIssuer(tokens, csrf, lifetime),
      cookie,
      apiTokens: { lifetimeSeconds: auth.apiTokenLifetimeSeconds, maxLifetimeSeconds: auth.apiTokenMaxLifetimeSeconds },
      external,
      devices,
      authenticateDevice: () => Promise.reject(notImplemented('Devices cannot log in yet.')),
      limit: () => Promise.resolve(),
    }),
  };
}
