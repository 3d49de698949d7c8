import type { Selectable } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { ServerSettingsTable } from '../../database/generated/schema.gen.ts';
import { now } from '../../database/instants.ts';

/** The one row of `server_settings`. */
export type ServerSettingsRow = Selectable<ServerSettingsTable>;

/** Reads the settings, which the first start has made. */
export async function readServerSettings(connection: Connection): Promise<ServerSettingsRow> {
  const settings = await connection.selectFrom('server_settings').selectAll().executeTakeFirst();
  if (!settings) throw new Error('The table server_settings is empty: the first start has not completed.');
  return settings;
}

/** The settings that a client may change. */
export type ServerSettingsChanges = Partial<
  Pick<
    ServerSettingsRow,
    'server_name' | 'logo_url' | 'enable_analytics' | 'display_announcements' | 'display_updates' | 'active'
  >
>;

/** Changes what is given of the settings. */
export async function updateServerSettings(transaction: Transaction, changes: ServerSettingsChanges): Promise<void> {
  await transaction
    .updateTable('server_settings')
    .set({ ...changes, updated: now() })
    .execute();
}

/** Activates a server that is not active yet. @returns whether it was not: of several requests one does it. */
export async function activateOnce(transaction: Transaction): Promise<boolean> {
  const query = transaction.updateTable('server_settings').set({ active: 1, updated: now() }).where('active', '=', 0);
  return (await query.executeTakeFirst()).numUpdatedRows > 0n;
}

/** Notes when a user last did something, which is shown in `/info`. */
export async function recordUserActivity(connection: Connection): Promise<void> {
  await connection.updateTable('server_settings').set({ last_user_activity: now() }).execute();
}

/** The onboarding steps that are done, in the order in which they were stored. */
export function parseOnboardingState({ onboarding_state }: Pick<ServerSettingsRow, 'onboarding_state'>): string[] {
  return onboarding_state ? (JSON.parse(onboarding_state) as string[]) : [];
}
