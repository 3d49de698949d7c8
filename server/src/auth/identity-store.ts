import { type SqlBool, sql } from 'kysely';
import type { Connection } from '../database/database.ts';
import { isUuid, toDatabaseId } from '../database/ids.ts';
import { now } from '../database/instants.ts';
import type { TokenClaims } from './tokens.ts';

/** A user as authentication sees it. */
export interface AuthUser {
  id: string;
  name: string;
  password: string | null;
  activation_token: string | null;
  active: number;
  is_admin: number;
  is_service_account: number;
  external_user_id: string | null;
  password_changed_at: string | null;
}

const USER_COLUMNS = [
  'user.id',
  'user.name',
  'user.password',
  'user.activation_token',
  'user.active',
  'user.is_admin',
  'user.is_service_account',
  'user.external_user_id',
  'user.password_changed_at',
] as const;

/** Finds a person, not a service account, by name or id. */
export function findPerson(connection: Connection, nameOrId: string): Promise<AuthUser | undefined> {
  const byId = isUuid(nameOrId);
  return connection
    .selectFrom('user')
    .select(USER_COLUMNS)
    .where(byId ? 'id' : 'name', '=', byId ? toDatabaseId(nameOrId) : nameOrId)
    .where('is_service_account', '=', 0)
    .executeTakeFirst();
}

/** A user and the state of everything that a token may be bound to; columns of what it is not bound to are null. */
export interface TokenSubject extends AuthUser {
  key_id: string | null;
  key_name: string | null;
  key_active: number | null;
  key_generation: number | null;
  key_retain_period: number | null;
  key_last_rotated: string | null;
  device_id: string | null;
  device_user_id: string | null;
  device_status: string | null;
  device_expires: string | null;
  schedule_active: number | null;
  run_in_progress: number | null;
  run_end_time: string | null;
  deployment_id: string | null;
}

/** Loads the user of a token and all that decides on its validity, in one statement. */
export function findTokenSubject(connection: Connection, claims: TokenClaims): Promise<TokenSubject | undefined> {
  const is = (column: string, id: string | undefined) =>
    sql<SqlBool>`${sql.ref(column)} = ${id === undefined ? null : toDatabaseId(id)}`;
  return connection
    .selectFrom('user')
    .leftJoin('api_key', (join) => join.on(is('api_key.id', claims.apiKeyId)))
    .leftJoin('auth_devices as device', (join) => join.on(is('device.id', claims.deviceId)))
    .leftJoin('schedule', (join) => join.on(is('schedule.id', claims.scheduleId)))
    .leftJoin('pipeline_run as run', (join) => join.on(is('run.id', claims.pipelineRunId)))
    .leftJoin('deployment', (join) => join.on(is('deployment.id', claims.deploymentId)))
    .select(USER_COLUMNS)
    .select(['api_key.id as key_id', 'api_key.name as key_name', 'api_key.active as key_active'])
    .select('api_key.key_generation')
    .select(['api_key.retain_period as key_retain_period', 'api_key.last_rotated as key_last_rotated'])
    .select(['device.id as device_id', 'device.user_id as device_user_id', 'device.status as device_status'])
    .select(['device.expires as device_expires', 'schedule.active as schedule_active'])
    .select(['run.in_progress as run_in_progress', 'run.end_time as run_end_time', 'deployment.id as deployment_id'])
    .where('user.id', '=', toDatabaseId(claims.userId))
    .executeTakeFirst();
}

/** An API key with its service account. */
export interface StoredKey extends AuthUser {
  key_id: string;
  key: string;
  previous_key: string | null;
  key_active: number;
  key_generation: number;
  retain_period: number;
  last_rotated: string | null;
  key_name: string;
}

/** Finds an API key and its service account. */
export function findApiKey(connection: Connection, id: string): Promise<StoredKey | undefined> {
  return connection
    .selectFrom('api_key')
    .innerJoin('user', 'user.id', 'api_key.service_account_id')
    .select(USER_COLUMNS)
    .select(['api_key.id as key_id', 'api_key.key', 'api_key.previous_key', 'api_key.active as key_active'])
    .select(['api_key.key_generation', 'api_key.retain_period', 'api_key.last_rotated', 'api_key.name as key_name'])
    .where('api_key.id', '=', toDatabaseId(id))
    .executeTakeFirst();
}

/** Notes that a key or a device was used. */
export async function recordUse(connection: Connection, table: 'api_key' | 'auth_devices', id: string): Promise<void> {
  const instant = now();
  await connection.updateTable(table).set({ last_login: instant, updated: instant }).where('id', '=', id).execute();
}
