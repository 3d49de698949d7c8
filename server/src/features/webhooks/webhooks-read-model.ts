import type { Selectable } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { WebhookStatsTable, WebhookTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant, toNullableApiInstant } from '../../database/instants.ts';
import { boolean, text, USER_SCOPED_FIELDS } from '../../listing/fields.ts';
import { type ListDefinition, noSuch } from '../../listing/lister.ts';
import type { Loader } from '../../listing/page.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { loadOwners } from '../users/users-read-model.ts';

type WebhookResponse = Model<'WebhookResponse'>;
type WebhookRow = Selectable<WebhookTable>;

/** Makes the loader of webhooks. @param apiUrl the server's address for clients with the API's path, where it is known */
export function webhookLoader(apiUrl: string | undefined): Loader<WebhookResponse> {
  return async (connection, ids, depth) => {
    if (ids.length === 0) return new Map();
    const rows = await connection.selectFrom('webhook').selectAll().where('id', 'in', ids).execute();
    const owners = depth.resources ? await loadOwners(connection, rows) : undefined;
    const stats = depth.metadata ? await loadStats(connection, ids) : undefined;
    return new Map(
      rows.map((row) => {
        const webhook = toNestedWebhook(row, apiUrl);
        const metadata = stats ? { stats: toStats(stats.get(row.id)) } : null;
        const resources = owners ? { user: (row.user_id && owners.get(row.user_id)) || null } : null;
        return [row.id, { ...webhook, metadata, resources }];
      }),
    );
  };
}

/**
 * A webhook as it is shown within another answer.
 * @param apiUrl left out where the answer does not name the address for events
 */
export function toNestedWebhook(row: WebhookRow, apiUrl?: string): WebhookResponse {
  const id = fromDatabaseId(row.id);
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: fromNullableId(row.user_id),
      project_id: fromDatabaseId(row.project_id),
      webhook_type: row.webhook_type,
      active: row.active === 1,
      endpoint_url: apiUrl === undefined ? null : `${apiUrl}/webhooks/${row.webhook_type}/${id}/events`,
    },
    metadata: null,
    resources: null,
    id,
    permission_denied: false,
    name: row.name,
  };
}

type StatsRow = Selectable<WebhookStatsTable>;

async function loadStats(connection: Connection, ids: readonly string[]): Promise<Map<string, StatsRow>> {
  const rows = await connection.selectFrom('webhook_stats').selectAll().where('webhook_id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.webhook_id, row]));
}

function toStats(row: StatsRow | undefined): Model<'WebhookStats'> {
  return {
    received_count: row?.received_count ?? 0,
    accepted_count: row?.accepted_count ?? 0,
    auth_failed_count: row?.auth_failed_count ?? 0,
    invalid_payload_count: row?.invalid_payload_count ?? 0,
    last_received_at: toNullableApiInstant(row?.last_received_at ?? null),
    last_accepted_at: toNullableApiInstant(row?.last_accepted_at ?? null),
    last_error_at: toNullableApiInstant(row?.last_error_at ?? null),
    last_error_summary: row?.last_error_summary ?? null,
  };
}

/** What rules need to know of a webhook. */
export type KnownWebhook = Pick<WebhookRow, 'id' | 'name' | 'project_id' | 'secret_id' | 'webhook_type' | 'active'>;

/** Finds a webhook by its database id. @throws ApiError KeyError 404 */
export async function findWebhook(connection: Connection, id: string): Promise<KnownWebhook> {
  const row = await connection
    .selectFrom('webhook')
    .select(['id', 'name', 'project_id', 'secret_id', 'webhook_type', 'active'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) throw noSuch('webhook', id);
  return row;
}

/** How webhooks are listed. */
export const WEBHOOK_LIST: Omit<ListDefinition<WebhookResponse>, 'load'> = {
  table: 'webhook',
  fields: {
    ...USER_SCOPED_FIELDS,
    name: text('name'),
    webhook_type: text('webhook_type'),
    active: boolean('active'),
  },
  sorts: USER_SCOPED_SORTS,
  projectScoped: true,
};
