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
  key_last_login: string | null;
  device_id: string | null;
  device_user_id: string | null;
  device_status: string | null;
  device_expires: string | null;
  device_last_login: string | null;
  schedule_active: number | null;
  run_in_progress: number | null;
  run_end_time: string | null;
  deployment_id: string | null;
  launch_goes_on: number | null;
}

/** Columns of what a token is not bound to. */
const UNBOUND = {
  key_id: null,
  key_name: null,
  key_active: null,
  key_generation: null,
  key_retain_period: null,
  key_last_rotated: null,
  key_last_login: null,
  device_id: null,
  device_user_id: null,
  device_status: null,
  device_expires: null,
  device_last_login: null,
  schedule_active: null,
  run_in_progress: null,
  run_end_time: null,
  deployment_id: null,
  launch_goes_on: null,
} satisfies Omit<TokenSubject, keyof AuthUser>;

/** Loads the user of a token and all that decides on its validity, in one statement. */
export async function findTokenSubject(
  connection: Connection,
  { userId, apiKeyId, deviceId, scheduleId, pipelineRunId, deploymentId, launchId }: TokenClaims,
): Promise<TokenSubject | undefined> {
  const is = (column: string, id: string) => sql<SqlBool>`${sql.ref(column)} = ${toDatabaseId(id)}`;
  // Each table that is joined costs the database as much as the user does, and most tokens are bound to one thing at most.
  const found = await connection
    .selectFrom('user')
    .select(USER_COLUMNS)
    .where('user.id', '=', toDatabaseId(userId))
    .$if(apiKeyId !== undefined, (query) =>
      query
        .leftJoin('api_key', (join) => join.on(is('api_key.id', apiKeyId ?? '')))
        .select(['api_key.id as key_id', 'api_key.name as key_name', 'api_key.active as key_active'])
        .select(['api_key.key_generation', 'api_key.retain_period as key_retain_period'])
        .select(['api_key.last_rotated as key_last_rotated', 'api_key.last_login as key_last_login']),
    )
    .$if(deviceId !== undefined, (query) =>
      query
        .leftJoin('auth_devices as device', (join) => join.on(is('device.id', deviceId ?? '')))
        .select(['device.id as device_id', 'device.user_id as device_user_id', 'device.status as device_status'])
        .select(['device.expires as device_expires', 'device.last_login as device_last_login']),
    )
    .$if(scheduleId !== undefined, (query) =>
      query
        .leftJoin('schedule', (join) => join.on(is('schedule.id', scheduleId ?? '')))
        .select('schedule.active as schedule_active'),
    )
    .$if(pipelineRunId !== undefined, (query) =>
      query
        .leftJoin('pipeline_run as run', (join) => join.on(is('run.id', pipelineRunId ?? '')))
        .select(['run.in_progress as run_in_progress', 'run.end_time as run_end_time']),
    )
    .$if(deploymentId !== undefined, (query) =>
      query
        .leftJoin('deployment', (join) => join.on(is('deployment.id', deploymentId ?? '')))
        .select('deployment.id as deployment_id'),
    )
    .$if(launchId !== undefined, (query) =>
      query.select(
        sql<number | null>`(select status in ('queued', 'launched') from ws_launch
          where id = ${toDatabaseId(launchId ?? '')})`.as('launch_goes_on'),
      ),
    )
    .executeTakeFirst();
  return found && { ...UNBOUND, ...found };
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
  key_last_login: string | null;
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
    .select('api_key.last_login as key_last_login')
    .where('api_key.id', '=', toDatabaseId(id))
    .executeTakeFirst();
}

/** Notes that a key or a device was used. */
export async function recordUse(connection: Connection, table: 'api_key' | 'auth_devices', id: string): Promise<void> {
  const instant = now();
  await connection.updateTable(table).set({ last_login: instant, updated: instant }).where('id', '=', id).execute();
}
