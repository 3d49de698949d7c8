import type { Insertable } from 'kysely';
import type { Transaction } from '../database/database.ts';
import type { FlavorTable, ServerSettingsTable, UserTable } from '../database/generated/schema.gen.ts';
import { newId } from '../database/ids.ts';
import { now } from '../database/instants.ts';

/** Whether the server has settings, and whether it is active; held until the transaction ends. */
export function lockActivation(transaction: Transaction): Promise<{ id: string; active: number } | undefined> {
  return transaction.selectFrom('server_settings').select(['id', 'active']).forUpdate().executeTakeFirst();
}

/** Inserts the one row of settings. */
export async function insertSettings(
  transaction: Transaction,
  settings: Pick<
    Insertable<ServerSettingsTable>,
    'id' | 'server_name' | 'enable_analytics' | 'display_announcements' | 'display_updates'
  >,
): Promise<void> {
  const instant = now();
  await transaction
    .insertInto('server_settings')
    .values({ ...settings, active: 0, last_user_activity: instant, updated: instant })
    .execute();
}

/** Lets the server take requests. */
export async function setActive(transaction: Transaction): Promise<void> {
  await transaction.updateTable('server_settings').set({ active: 1, updated: now() }).execute();
}

/** Whether there is a project of that name. */
export async function projectExists(transaction: Transaction, name: string): Promise<boolean> {
  const row = await transaction.selectFrom('project').select('id').where('name', '=', name).executeTakeFirst();
  return row !== undefined;
}

/** Whether there is a stack of that name. */
export async function stackExists(transaction: Transaction, name: string): Promise<boolean> {
  const row = await transaction.selectFrom('stack').select('id').where('name', '=', name).executeTakeFirst();
  return row !== undefined;
}

/** The components of that name: their ids by type. */
export async function findComponentsByName(transaction: Transaction, name: string): Promise<Map<string, string>> {
  const rows = await transaction
    .selectFrom('stack_component')
    .select(['id', 'type'])
    .where('name', '=', name)
    .execute();
  return new Map(rows.map(({ id, type }) => [type, id]));
}

/** Inserts an active administrator. @param admin the password as bcrypt; `null` where it may not be used. */
export async function insertAdmin(
  transaction: Transaction,
  admin: Pick<Insertable<UserTable>, 'name' | 'password' | 'password_changed_at'>,
): Promise<void> {
  const instant = now();
  await transaction
    .insertInto('user')
    .values({
      id: newId(),
      created: instant,
      updated: instant,
      ...admin,
      is_service_account: 0,
      full_name: '',
      active: 1,
      is_admin: 1,
      // The reference stores JSON's null here, not SQL's.
      oidc_claims: 'null',
    })
    .execute();
}

/** Who wrote a flavor's row. */
export interface FlavorRelease {
  readonly isCustom: boolean;
  readonly sdkDocsUrl: string | null;
}

/** Every flavor as `type/name`. */
export async function readFlavorReleases(transaction: Transaction): Promise<Map<string, FlavorRelease>> {
  const rows = await transaction.selectFrom('flavor').select(['name', 'type', 'is_custom', 'sdk_docs_url']).execute();
  return new Map(
    rows.map((row) => [`${row.type}/${row.name}`, { isCustom: row.is_custom === 1, sdkDocsUrl: row.sdk_docs_url }]),
  );
}

/** Inserts flavors. */
export async function insertFlavorRows(transaction: Transaction, rows: Insertable<FlavorTable>[]): Promise<void> {
  if (rows.length > 0) await transaction.insertInto('flavor').values(rows).execute();
}

/** Replaces the columns of the flavor with that type and name. */
export async function rewriteFlavor(
  transaction: Transaction,
  row: Omit<Insertable<FlavorTable>, 'id' | 'created'>,
): Promise<void> {
  await transaction.updateTable('flavor').set(row).where('type', '=', row.type).where('name', '=', row.name).execute();
}
