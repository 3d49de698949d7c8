import { randomBytes } from 'node:crypto';
import type { Environment } from './environment.ts';
import { boolean, integer, oneOf, text, webAddress } from './formats.ts';
import { optional, type ValuesOf, variable } from './variable.ts';

/** Below this an HMAC key can be guessed: RFC 7518 asks for as many bytes as the hash has. */
const SHORTEST_KEY = 32;
const DAY = 86_400;

/** Log-in and what it hands out. */
export const authVariables = {
  scheme: variable(
    'ZENML_SERVER_AUTH_SCHEME',
    oneOf('OAUTH2_PASSWORD_BEARER', 'HTTP_BASIC', 'NO_AUTH', 'EXTERNAL'),
    'OAUTH2_PASSWORD_BEARER',
    {
      doc: 'How clients prove who they are. `NO_AUTH` lets everybody in as admin; `EXTERNAL` leaves log-in to a control plane, which knows the users: accounts are made and kept up to date as they log in.',
    },
  ),
  jwtSecretKey: optional('ZENML_SERVER_JWT_SECRET_KEY', text, {
    secret: true,
    unset: 'random, per process',
    doc: 'The key that signs tokens. **Set it, and the same for all replicas**: under a random key a token is valid on one replica only, and a restart logs everybody out. `openssl rand -hex 32` makes one.',
  }),
  previousJwtSecretKey: optional('ZENML_WORKSPACE_PREVIOUS_JWT_SECRET_KEY', text, {
    secret: true,
    doc: 'While the key is being changed: another key, whose tokens are still taken. See docs/operations.md.',
  }),
  jwtAlgorithm: variable('ZENML_SERVER_JWT_TOKEN_ALGORITHM', oneOf('HS256', 'HS384', 'HS512'), 'HS256', {
    doc: 'How tokens are signed.',
  }),
  jwtIssuer: optional('ZENML_SERVER_JWT_TOKEN_ISSUER', text, {
    unset: 'the server’s id',
    doc: 'Issuer that tokens name and must name.',
  }),
  jwtAudience: optional('ZENML_SERVER_JWT_TOKEN_AUDIENCE', text, {
    unset: 'the server’s id',
    doc: 'Audience that tokens name and must name.',
  }),
  jwtLeewaySeconds: variable('ZENML_SERVER_JWT_TOKEN_LEEWAY_SECONDS', integer(0), 10, {
    doc: 'How long after its end a token is still accepted: for clocks that differ.',
  }),
  jwtExpireMinutes: optional('ZENML_SERVER_JWT_TOKEN_EXPIRE_MINUTES', integer(1), {
    unset: 'never; 60 under a control plane',
    doc: 'How long tokens of a log-in are valid.',
  }),
  cookieName: optional('ZENML_SERVER_AUTH_COOKIE_NAME', text, {
    unset: '`zenml-server-` and the server’s id',
    doc: 'Name of the dashboard’s session cookie.',
  }),
  cookieDomain: optional('ZENML_SERVER_AUTH_COOKIE_DOMAIN', text, {
    unset: 'the server’s host',
    doc: 'Domain of that cookie, where dashboard and API are on two hosts of one domain.',
  }),
  maxFailedDeviceAttempts: variable('ZENML_SERVER_MAX_FAILED_DEVICE_AUTH_ATTEMPTS', integer(1), 3, {
    doc: 'How many wrong codes lock a device (`zenml login` without a key).',
  }),
  deviceTimeoutSeconds: variable('ZENML_SERVER_DEVICE_AUTH_TIMEOUT', integer(1), 300, {
    doc: 'How long a device waits for its user to confirm it.',
  }),
  devicePollingSeconds: variable('ZENML_SERVER_DEVICE_AUTH_POLLING_INTERVAL', integer(1), 5, {
    doc: 'How often a device may ask whether it is confirmed.',
  }),
  deviceExpirationMinutes: optional('ZENML_SERVER_DEVICE_EXPIRATION_MINUTES', integer(1), {
    unset: 'never',
    doc: 'How long a device stays logged in.',
  }),
  trustedDeviceExpirationMinutes: optional('ZENML_SERVER_TRUSTED_DEVICE_EXPIRATION_MINUTES', integer(1), {
    unset: 'never',
    doc: 'The same for a device that its user trusts.',
  }),
  apiTokenLifetimeSeconds: variable('ZENML_SERVER_GENERIC_API_TOKEN_LIFETIME', integer(1), 3600, {
    doc: 'How long a token of `/api_token` is valid where its client asks for no time.',
  }),
  apiTokenMaxLifetimeSeconds: variable('ZENML_SERVER_GENERIC_API_TOKEN_MAX_LIFETIME', integer(1), 7 * DAY, {
    doc: 'The longest time that a client may ask for.',
  }),
  workloadTokenLeewaySeconds: variable('ZENML_WORKLOAD_TOKEN_EXPIRATION_LEEWAY', integer(-1), 3600, {
    doc: 'How long after the end of its run a run’s own token is valid: what still writes then may finish. Below 0, for ever.',
  }),
  rateLimitEnabled: variable('ZENML_SERVER_RATE_LIMIT_ENABLED', boolean, false, {
    doc: 'Whether log-ins are limited per client address. The counts are in the database: the limit holds for all replicas together.',
  }),
  loginsPerMinute: variable('ZENML_SERVER_LOGIN_RATE_LIMIT_MINUTE', integer(1), 5, { doc: 'Log-ins a minute.' }),
  loginsPerDay: variable('ZENML_SERVER_LOGIN_RATE_LIMIT_DAY', integer(1), 1000, { doc: 'Log-ins a day.' }),
  externalLoginUrl: optional('ZENML_SERVER_EXTERNAL_LOGIN_URL', webAddress, {
    doc: 'Where users log in under `EXTERNAL`; required there.',
  }),
  externalUserInfoUrl: optional('ZENML_SERVER_EXTERNAL_USER_INFO_URL', webAddress, {
    doc: 'Where the server asks under `EXTERNAL` who a user is; required there.',
  }),
};

/** Log-in and tokens. */
export interface AuthConfig extends Omit<ValuesOf<typeof authVariables>, 'jwtSecretKey'> {
  readonly jwtSecretKey: string;
  /** Whether that was made up, for this process alone. */
  readonly hasRandomKey: boolean;
}

/** Reads the settings of log-in; a missing key is made up and warned about. */
export function readAuthConfig(environment: Environment): AuthConfig {
  const values = environment.read(authVariables);
  if (values.apiTokenLifetimeSeconds > values.apiTokenMaxLifetimeSeconds) {
    environment.mistake(
      authVariables.apiTokenLifetimeSeconds.name,
      `must not be above ${authVariables.apiTokenMaxLifetimeSeconds.name} (${values.apiTokenMaxLifetimeSeconds}).`,
    );
  }
  const { jwtSecretKey: configured } = values;
  return {
    ...values,
    jwtSecretKey: signingKey(environment, configured),
    hasRandomKey: configured === undefined,
  };
}

/** @param controlled whether a control plane brings these addresses itself */
export function checkExternalLogin(environment: Environment, auth: AuthConfig, controlled: boolean): void {
  if (auth.scheme !== 'EXTERNAL' || controlled) return;
  for (const field of ['externalLoginUrl', 'externalUserInfoUrl'] as const) {
    if (auth[field] === undefined) {
      environment.mistake(authVariables[field].name, `is required with ${authVariables.scheme.name}=EXTERNAL.`);
    }
  }
}

function signingKey(environment: Environment, configured: string | undefined): string {
  const { name } = authVariables.jwtSecretKey;
  if (configured === undefined) {
    environment.warnings.push(
      `${name} is not set: tokens are signed with a random key, valid on this replica until it stops.`,
    );
    return randomBytes(SHORTEST_KEY).toString('hex');
  }
  if (Buffer.byteLength(configured) < SHORTEST_KEY) {
    environment.warnings.push(
      `${name} is shorter than ${SHORTEST_KEY} bytes: a key that short can be found by trying.`,
    );
  }
  return configured;
}
