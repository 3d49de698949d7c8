import { randomUUID } from 'node:crypto';
import type { Insertable } from 'kysely';
import type { Transaction } from '../../database/database.ts';
import type { ScheduleTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';

/** The columns of a schedule that a client sets. */
export type ScheduleValues = Omit<Insertable<ScheduleTable>, 'id' | 'created' | 'updated'>;

/** A schedule as rules see it. */
export interface StoredSchedule {
  id: string;
  name: string;
  project_id: string;
  is_archived: number;
}

/** Inserts a schedule and returns its database id. */
export async function insertSchedule(transaction: Transaction, values: ScheduleValues): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('schedule')
    .values({ id, created, updated: created, ...values })
    .execute();
  return id;
}

/** Changes what is given of a schedule. */
export async function updateSchedule(
  transaction: Transaction,
  id: string,
  values: Partial<ScheduleValues>,
): Promise<void> {
  await transaction
    .updateTable('schedule')
    .set({ ...values, updated: now() })
    .where('id', '=', id)
    .execute();
}

/** Finds a schedule and holds it until the transaction ends. */
export function lockSchedule(transaction: Transaction, id: string): Promise<StoredSchedule | undefined> {
  return transaction
    .selectFrom('schedule')
    .select(['id', 'name', 'project_id', 'is_archived'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

/** Deletes a schedule for good. */
export async function deleteSchedule(transaction: Transaction, id: string): Promise<void> {
  await transaction.deleteFrom('schedule').where('id', '=', id).execute();
}

/** Keeps a schedule for its history and frees its name. */
export async function archiveSchedule(transaction: Transaction, schedule: StoredSchedule): Promise<void> {
  const changes = { is_archived: 1, active: 0, name: `${schedule.name}_${randomUUID()}` };
  await transaction.updateTable('schedule').set(changes).where('id', '=', schedule.id).execute();
}
