import { type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant, toNullableApiInstant } from '../../database/instants.ts';
import { BASE_FIELDS, boolean, instant, text, uuid } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';

type ServiceAccountResponse = Model<'ServiceAccountResponse'>;

/** The columns of `user` that a service account is shown with. */
interface ServiceAccountRow {
  id: string;
  created: string;
  updated: string;
  name: string;
  full_name: string;
  description: string | null;
  active: number;
  avatar_url: string | null;
  external_user_id: string | null;
}

/** Loads service accounts by database id; see `Loader`. */
export async function loadServiceAccounts(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, ServiceAccountResponse>> {
  if (ids.length === 0) return new Map();
  const rows = await connection
    .selectFrom('user')
    .select([
      'id',
      'created',
      'updated',
      'name',
      'full_name',
      'description',
      'active',
      'avatar_url',
      'external_user_id',
    ])
    .where('id', 'in', ids)
    .where('is_service_account', '=', 1)
    .execute();
  return new Map(rows.map((row) => [row.id, toServiceAccountResponse(row, depth)]));
}

/** A service account as it is shown. */
export function toServiceAccountResponse(row: ServiceAccountRow, depth: Depth): ServiceAccountResponse {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      full_name: row.full_name,
      active: row.active === 1,
      avatar_url: row.avatar_url,
    },
    metadata: depth.metadata
      ? { description: row.description ?? '', external_user_id: fromNullableId(row.external_user_id) }
      : null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
    name: row.name,
  };
}

/** How service accounts are listed. */
export const SERVICE_ACCOUNT_LIST: ListDefinition<ServiceAccountResponse> = {
  table: 'user',
  fields: {
    ...BASE_FIELDS,
    name: text('name'),
    description: text('description'),
    active: boolean('active'),
    external_user_id: uuid('external_user_id'),
  },
  projectScoped: false,
  load: loadServiceAccounts,
  visibleTo: () => [sql<SqlBool>`user.is_service_account = 1`],
};

/** Loads API keys by database id, without their values; see `Loader`. */
export async function loadApiKeys(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, Model<'APIKeyResponse'>>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('api_key').selectAll().where('id', 'in', ids).execute();
  const accountIds = [...new Set(rows.map((row) => row.service_account_id))];
  const accounts = await loadServiceAccounts(connection, accountIds, { metadata: false, resources: false });
  const keys = new Map<string, Model<'APIKeyResponse'>>();
  for (const row of rows) {
    const account = accounts.get(row.service_account_id);
    if (!account) continue;
    keys.set(row.id, {
      body: {
        created: toApiInstant(row.created),
        updated: toApiInstant(row.updated),
        key: null,
        active: row.active === 1,
        service_account: account,
      },
      metadata: depth.metadata
        ? {
            description: row.description ?? '',
            retain_period_minutes: row.retain_period,
            last_login: toNullableApiInstant(row.last_login),
            last_rotated: toNullableApiInstant(row.last_rotated),
          }
        : null,
      resources: null,
      id: fromDatabaseId(row.id),
      permission_denied: false,
      name: row.name,
    });
  }
  return keys;
}

/** How the API keys of a service account are listed. */
export const API_KEY_LIST: ListDefinition<Model<'APIKeyResponse'>> = {
  table: 'api_key',
  fields: {
    ...BASE_FIELDS,
    service_account: { ...uuid('service_account_id'), column: undefined, always: true },
    name: text('name'),
    description: text('description'),
    active: boolean('active'),
    last_login: instant('last_login'),
    last_rotated: instant('last_rotated'),
  },
  projectScoped: false,
  load: loadApiKeys,
};
