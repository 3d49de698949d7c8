import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant, toNullableApiInstant } from '../../database/instants.ts';
import { boolean, instant, integer, text, USER_SCOPED_FIELDS, uuid } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { loadOwners } from '../users/users-read-model.ts';

import { type DeviceRow, ownedBy } from './devices-store.ts';

type DeviceResponse = Model<'OAuthDeviceResponse'>;

/** Loads devices by database id; see `Loader`. */
export async function loadDevices(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, DeviceResponse>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('auth_devices').selectAll().where('id', 'in', ids).execute();
  const owners = depth.resources ? await loadOwners(connection, rows) : undefined;
  const ownerOf = ({ user_id }: DeviceRow) => (user_id === null ? null : (owners?.get(user_id) ?? null));
  return new Map(
    rows.map((row) => [
      row.id,
      {
        body: deviceBody(row),
        metadata: depth.metadata ? deviceMetadata(row) : null,
        resources: owners ? { user: ownerOf(row) } : null,
        id: fromDatabaseId(row.id),
        permission_denied: false,
      },
    ]),
  );
}

function deviceBody(row: DeviceRow): Model<'OAuthDeviceResponseBody'> {
  return {
    created: toApiInstant(row.created),
    updated: toApiInstant(row.updated),
    user_id: fromNullableId(row.user_id),
    client_id: fromDatabaseId(row.client_id),
    expires: toNullableApiInstant(row.expires),
    trusted_device: row.trusted_device === 1,
    status: row.status as Model<'OAuthDeviceStatus'>,
    os: row.os,
    ip_address: row.ip_address,
    hostname: row.hostname,
  };
}

function deviceMetadata(row: DeviceRow): Model<'OAuthDeviceResponseMetadata'> {
  return {
    python_version: row.python_version,
    zenml_version: row.zenml_version,
    city: row.city,
    region: row.region,
    country: row.country,
    failed_auth_attempts: row.failed_auth_attempts,
    last_login: toNullableApiInstant(row.last_login),
  };
}

/** How devices are listed: everybody sees their own only. */
export const DEVICE_LIST: ListDefinition<DeviceResponse> = {
  table: 'auth_devices',
  fields: {
    ...USER_SCOPED_FIELDS,
    expires: instant('expires'),
    client_id: uuid('client_id'),
    status: text('status'),
    trusted_device: boolean('trusted_device'),
    failed_auth_attempts: integer('failed_auth_attempts'),
    last_login: instant('last_login'),
  },
  sorts: USER_SCOPED_SORTS,
  projectScoped: false,
  load: loadDevices,
  visibleTo: ({ user }) => [ownedBy(user.id)],
};
