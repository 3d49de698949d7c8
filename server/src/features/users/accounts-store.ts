import { type Insertable, type Selectable, sql } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { UserTable } from '../../database/generated/schema.gen.ts';
import { isUuid, newId, toDatabaseId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { keyError } from '../../errors.ts';

/** A row of `user`: a person or a service account. */
export type AccountRow = Selectable<UserTable>;

/** The columns of an account that a write sets. */
export type AccountValues = Omit<Insertable<UserTable>, 'id' | 'created' | 'updated'>;

/** Which accounts are looked at: people, service accounts, or, by id, both. */
export type AccountKind = 'user' | 'service' | 'any';

/**
 * Finds an account by name or id.
 * @throws ApiError KeyError 404
 */
export async function findAccount(connection: Connection, nameOrId: string, kind: AccountKind): Promise<AccountRow> {
  const account = await findOptionalAccount(connection, nameOrId, kind);
  if (account) return account;
  throw noAccount(nameOrId, kind);
}

/** The error for an account that is not there. */
export function noAccount(nameOrId: string, kind: AccountKind) {
  const type = kind === 'any' ? '' : `${kind} `;
  return keyError(`No ${type}account with the '${nameOrId}' name or ID was found`);
}

/** Finds an account by name or id, if there is one. */
export function findOptionalAccount(
  connection: Connection,
  nameOrId: string,
  kind: AccountKind,
): Promise<AccountRow | undefined> {
  const byId = isUuid(nameOrId);
  let query = connection
    .selectFrom('user')
    .selectAll()
    .where(byId ? 'id' : 'name', '=', byId ? toDatabaseId(nameOrId) : nameOrId)
    .orderBy('is_service_account');
  if (kind !== 'any') query = query.where('is_service_account', '=', kind === 'service' ? 1 : 0);
  return query.executeTakeFirst();
}

/** Finds an account by its id at the control plane, or else by its name. */
export async function findExternalAccount(
  connection: Connection,
  externalId: string,
  name: string,
  kind: 'user' | 'service',
): Promise<AccountRow | undefined> {
  const byId = await connection
    .selectFrom('user')
    .selectAll()
    .where('external_user_id', '=', externalId)
    .where('is_service_account', '=', kind === 'service' ? 1 : 0)
    .orderBy('created')
    .executeTakeFirst();
  if (byId) return byId;
  return connection
    .selectFrom('user')
    .selectAll()
    .where('name', '=', name)
    .where('is_service_account', '=', kind === 'service' ? 1 : 0)
    .executeTakeFirst();
}

/** Reads an account by its database id. */
export function getAccount(connection: Connection, id: string): Promise<AccountRow> {
  return connection.selectFrom('user').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** Inserts an account and returns its database id. */
export async function insertAccount(transaction: Transaction, values: AccountValues): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('user')
    .values({ id, created, updated: created, ...values })
    .execute();
  return id;
}

/** Changes what is given of an account. */
export async function updateAccount(
  transaction: Transaction,
  id: string,
  values: Partial<AccountValues>,
): Promise<void> {
  await transaction
    .updateTable('user')
    .set({ ...values, updated: now() })
    .where('id', '=', id)
    .execute();
}

/** Deletes an account with its API keys and devices. */
export async function deleteAccount(transaction: Transaction, id: string): Promise<void> {
  await transaction.deleteFrom('user').where('id', '=', id).execute();
}

/** Counts the administrators and holds them, so that two requests cannot take away the last two. */
export async function lockAdmins(transaction: Transaction): Promise<number> {
  const admins = await transaction.selectFrom('user').select('id').where('is_admin', '=', 1).forUpdate().execute();
  return admins.length;
}

/** What belongs to an account and would lose its owner (ZenML 0.98.0 `_get_resource_references`). */
const OWNED_TABLES = [
  'stack',
  'stack_component',
  'flavor',
  'pipeline',
  'schedule',
  'pipeline_run',
  'run_template',
  'step_run',
  'pipeline_build',
  'artifact',
  'artifact_version',
  'run_metadata',
  'secret',
  'pipeline_snapshot',
  'code_repository',
  'service',
  'service_connector',
  'model',
  'model_version',
  'deployment',
  'tag',
  'trigger',
] as const;

/** Whether anything belongs to an account. */
export async function ownsResources(connection: Connection, id: string): Promise<boolean> {
  const checks = OWNED_TABLES.map((table) => sql`exists (select 1 from ${sql.table(table)} where user_id = ${id})`);
  const { rows } = await sql<{ owns: number }>`select ${sql.join(checks, sql` or `)} as owns`.execute(connection);
  return Boolean(rows[0]?.owns);
}
