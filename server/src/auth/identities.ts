import type { Connection } from '../database/database.ts';
import { fromDatabaseId, fromNullableId } from '../database/ids.ts';
import { credentialsNotValid } from '../errors.ts';
import { type ApiKey, decodeApiKey, isGenerationValid, isPreviousRetained, type KeyGeneration } from './api-keys.ts';
import type { Identity } from './identity.ts';
import * as store from './identity-store.ts';
import { type VerifyPassword, verifyPassword } from './passwords.ts';
import type { TokenClaims } from './tokens.ts';

/** Rules that depend on the configuration. */
export interface IdentityRules {
  /** Whether users come from a control plane: a local one may not log in then. */
  readonly external: boolean;
  /** Whether devices can be authorized at all. */
  readonly devices: boolean;
  /** How long a run's token stays valid after the run has ended, seconds; for ever where negative. */
  readonly workloadLeewaySeconds: number;
}

/** Checks a user's name and password. @throws ApiError CredentialsNotValid 401, the same for all that is wrong but activity */
export async function authenticatePassword(
  connection: Connection,
  nameOrId: string,
  password: string,
  verify: VerifyPassword = verifyPassword,
): Promise<Identity> {
  const user = await store.findPerson(connection, nameOrId);
  const fits = await verify(password, user?.password ?? null);
  if (!user || !fits) throw credentialsNotValid('Authentication error: invalid username or password');
  if (user.active === 0) throw credentialsNotValid(`Authentication error: user ${user.name} is not active`);
  return toIdentity(user);
}

/** Checks an API key. @throws ApiError CredentialsNotValid 401 */
export async function authenticateApiKey(
  connection: Connection,
  text: string,
  verify: VerifyPassword = verifyPassword,
): Promise<Identity> {
  const given = decodeApiKey(text);
  const key = await store.findApiKey(connection, given.id);
  const fits = await fitsKey(given, key, verify);
  if (!key) throw credentialsNotValid(`Authentication error: error retrieving API key ${given.id}`);
  if (key.active === 0) {
    throw credentialsNotValid(
      `Authentication error: service account ${key.name} associated with API key ${key.key_name} is not active`,
    );
  }
  if (key.key_active === 0) {
    throw credentialsNotValid(
      `Authentication error: API key ${key.key_name} associated with service account ${key.name} is not active`,
    );
  }
  if (!fits) {
    throw credentialsNotValid(`Authentication error: could not verify key value for API key ${key.key_name}`);
  }
  await noteUse(connection, 'api_key', key.key_id, key.key_last_login);
  return { ...toIdentity(key), apiKey: { id: fromDatabaseId(key.key_id), generation: key.key_generation } };
}

/** A key that is not there takes as long as one that is. */
async function fitsKey(
  { key: secret }: ApiKey,
  key: store.StoredKey | undefined,
  verify: VerifyPassword,
): Promise<boolean> {
  if (await verify(secret, key?.key ?? null)) return true;
  const retained = key !== undefined && isPreviousRetained(generationOf(key), Date.now());
  return retained && verify(secret, key.previous_key);
}

function generationOf(key: {
  key_generation: number | null;
  retain_period?: number | null;
  key_retain_period?: number | null;
  last_rotated?: string | null;
  key_last_rotated?: string | null;
}): KeyGeneration {
  const rotated = key.last_rotated ?? key.key_last_rotated;
  return {
    generation: key.key_generation ?? 0,
    retainMinutes: key.retain_period ?? key.key_retain_period ?? 0,
    lastRotated: rotated ? toTime(rotated) : undefined,
  };
}

/** Checks that what a verified token is bound to still allows it. @throws ApiError CredentialsNotValid 401 */
export async function authenticateToken(
  connection: Connection,
  claims: TokenClaims,
  rules: IdentityRules,
): Promise<Identity> {
  const subject = await store.findTokenSubject(connection, claims);
  if (!subject) throw credentialsNotValid(failed(`error retrieving token account ${claims.userId}`));
  const problem = problemOf(subject, claims, rules);
  if (problem !== undefined) throw credentialsNotValid(problem);
  if (subject.key_id) await noteUse(connection, 'api_key', subject.key_id, subject.key_last_login);
  if (subject.device_id) await noteUse(connection, 'auth_devices', subject.device_id, subject.device_last_login);
  const apiKey = subject.key_id
    ? { id: fromDatabaseId(subject.key_id), generation: subject.key_generation ?? 0 }
    : undefined;
  return { ...toIdentity(subject), token: claims, apiKey };
}

/** Every request is a use; writing each one down would cost more than most requests do. */
const USE_PRECISION = 2_000;

async function noteUse(
  connection: Connection,
  table: 'api_key' | 'auth_devices',
  id: string,
  lastUse: string | null,
): Promise<void> {
  if (lastUse !== null && Date.now() - toTime(lastUse) < USE_PRECISION) return;
  await store.recordUse(connection, table, id);
}

function problemOf(subject: store.TokenSubject, claims: TokenClaims, rules: IdentityRules): string | undefined {
  if (subject.active === 0) return failed(`account ${subject.name} is not active`);
  const isPerson = subject.is_service_account === 0;
  if (rules.external && isPerson && subject.external_user_id === null) {
    return failed(`local account ${subject.name} is not allowed to authenticate with external authentication`);
  }
  if (isPerson && wasIssuedBeforePasswordChange(subject, claims)) {
    return failed(`access token for user ${subject.name} was issued before the user's password was changed`);
  }
  return (
    (claims.apiKeyId && problemOfKey(subject, claims)) ||
    (claims.deviceId && problemOfDevice(subject, claims, rules)) ||
    problemOfWorkload(subject, claims, rules)
  );
}

/** The table holds whole seconds: a token of the same second was issued after the change. */
function wasIssuedBeforePasswordChange(subject: store.TokenSubject, { issuedAt }: TokenClaims): boolean {
  if (issuedAt === undefined || subject.password_changed_at === null) return false;
  return issuedAt * 1000 < toTime(subject.password_changed_at);
}

function problemOfKey(subject: store.TokenSubject, claims: TokenClaims): string | undefined {
  if (subject.key_id === null) return failed(`error retrieving API key ${claims.apiKeyId}`);
  if (subject.key_active === 0) {
    return failed(`API key ${subject.key_name} associated with service account ${subject.name} is not active`);
  }
  if (isGenerationValid(generationOf(subject), claims.apiKeyGeneration, Date.now())) return undefined;
  return failed(
    `access token for API key ${subject.key_name} was issued for an API key generation that is no longer valid`,
  );
}

function problemOfDevice(subject: store.TokenSubject, claims: TokenClaims, rules: IdentityRules): string | undefined {
  const device = `device ${claims.deviceId}`;
  if (!rules.devices) return failed('device authorization is not supported.');
  if (subject.device_id === null) return failed(`error retrieving token ${device}`);
  if (subject.device_user_id !== subject.id) return failed(`${device} does not belong to user ${subject.name}`);
  if (subject.device_status !== 'active') return failed(`${device} is not active`);
  if (subject.device_expires !== null && toTime(subject.device_expires) <= Date.now())
    return failed(`${device} has expired`);
  return undefined;
}

function problemOfWorkload(subject: store.TokenSubject, claims: TokenClaims, rules: IdentityRules): string | undefined {
  if (claims.scheduleId && subject.schedule_active !== 1) return failed(`schedule ${claims.scheduleId} is not active`);
  if (claims.deploymentId && subject.deployment_id === null)
    return failed(`deployment ${claims.deploymentId} does not exist.`);
  // A Job controller that was cut off may make a second pod where the first has handed the run over: it must not do that again.
  if (claims.launchId && subject.launch_goes_on !== 1) {
    return failed(`the runner of pipeline run ${claims.pipelineRunId} has ended, and its API token with it.`);
  }
  if (!claims.pipelineRunId) return undefined;
  if (subject.run_in_progress === null) {
    return failed(`error retrieving token. Pipeline run ${claims.pipelineRunId} does not exist.`);
  }
  const leeway = rules.workloadLeewaySeconds;
  if (subject.run_in_progress === 1 || leeway < 0) return undefined;
  const ended = subject.run_end_time;
  if (ended !== null && Date.now() <= toTime(ended) + leeway * 1000) return undefined;
  return (
    `The pipeline run ${claims.pipelineRunId} has finished and API tokens scoped to it are no longer valid. If you ` +
    'want to increase the expiration time of the token to allow steps to continue for longer after other steps have ' +
    'failed, you can do so by configuring the `ZENML_WORKLOAD_TOKEN_EXPIRATION_LEEWAY` ZenML server environment variable.'
  );
}

const failed = (reason: string) => `Authentication error: ${reason}`;

/** The identity of a user whose credentials are verified. */
export function toIdentity(
  user: Pick<store.AuthUser, 'id' | 'name' | 'is_admin' | 'is_service_account' | 'external_user_id'>,
): Identity {
  return {
    user: {
      id: fromDatabaseId(user.id),
      name: user.name,
      isAdmin: user.is_admin === 1,
      isServiceAccount: user.is_service_account === 1,
      externalId: fromNullableId(user.external_user_id) ?? undefined,
    },
  };
}

/** Milliseconds since 1970 of an instant in database form. */
function toTime(instant: string): number {
  return Date.parse(`${instant.replace(' ', 'T')}Z`);
}
