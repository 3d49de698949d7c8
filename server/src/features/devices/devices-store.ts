import { type Insertable, type Selectable, type SqlBool, sql } from 'kysely';
import type { Connection, Database, Transaction } from '../../database/database.ts';
import type { AuthDevicesTable } from '../../database/generated/schema.gen.ts';
import { newId, toDatabaseId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';

/** A row of `auth_devices`. */
export type DeviceRow = Selectable<AuthDevicesTable>;

type DeviceValues = Omit<Insertable<AuthDevicesTable>, 'id' | 'created' | 'updated'>;

/** Finds a device by its id (API form). */
export function findDevice(connection: Connection, id: string): Promise<DeviceRow | undefined> {
  return connection.selectFrom('auth_devices').selectAll().where('id', '=', toDatabaseId(id)).executeTakeFirst();
}

/** Finds the device of a client (API form of its id); no unique key forbids that there is more than one. */
export function findClient(connection: Connection, clientId: string): Promise<DeviceRow | undefined> {
  return connection
    .selectFrom('auth_devices')
    .selectAll()
    .where('client_id', '=', toDatabaseId(clientId))
    .orderBy('created')
    .orderBy('id')
    .executeTakeFirst();
}

/** Deletes what nobody has confirmed in time. */
export async function deleteAbandonedDevices(transaction: Transaction): Promise<void> {
  await transaction.deleteFrom('auth_devices').where('user_id', 'is', null).where('expires', '<', now()).execute();
}

/** Inserts a device and returns its database id. */
export async function insertDevice(transaction: Transaction, values: DeviceValues): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('auth_devices')
    .values({ id, created, updated: created, ...values })
    .execute();
  return id;
}

/** Changes what is given of a device (database id). */
export async function updateDevice(connection: Connection, id: string, values: Partial<DeviceValues>): Promise<void> {
  await connection
    .updateTable('auth_devices')
    .set({ ...values, updated: now() })
    .where('id', '=', id)
    .execute();
}

/**
 * Changes a device if it is still as it was read: a code counts once, and only until new ones are made.
 * @returns whether it was.
 */
export async function updateUnchanged(
  connection: Connection,
  { id, status, user_code, device_code }: DeviceRow,
  values: Partial<DeviceValues>,
): Promise<boolean> {
  const { numUpdatedRows } = await connection
    .updateTable('auth_devices')
    .set({ ...values, updated: now() })
    .where('id', '=', id)
    .where('status', '=', status)
    .where('user_code', '=', user_code)
    .where('device_code', '=', device_code)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Counts a wrong code; with too many of them the device is locked. */
export async function countFailure(db: Database, id: string, maxFailures: number): Promise<void> {
  const failures = sql<number>`failed_auth_attempts + 1`;
  await db
    .updateTable('auth_devices')
    .set({
      // MySQL assigns from left to right, so that the status still sees the old count.
      status: sql<string>`if(${failures} >= ${maxFailures}, 'locked', status)`,
      failed_auth_attempts: failures,
      updated: now(),
    })
    .where('id', '=', id)
    .execute();
}

/** Deletes a device (database id). */
export async function deleteDevice(transaction: Transaction, id: string): Promise<void> {
  await transaction.deleteFrom('auth_devices').where('id', '=', id).execute();
}

/** The devices of a user (API form of its id). */
export function ownedBy(userId: string) {
  return sql<SqlBool>`auth_devices.user_id = ${toDatabaseId(userId)}`;
}
