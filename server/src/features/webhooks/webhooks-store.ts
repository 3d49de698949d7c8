import { type Insertable, sql, type Updateable } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { WebhookTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';

/** The columns of a webhook that are set when it is made. */
export type WebhookValues = Omit<Insertable<WebhookTable>, 'id' | 'created' | 'updated'>;

/** Inserts a webhook with its statistics and returns its database id. */
export async function insertWebhook(transaction: Transaction, values: WebhookValues): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('webhook')
    .values({ id, created, updated: created, ...values })
    .execute();
  const counts = { received_count: 0, accepted_count: 0, auth_failed_count: 0, invalid_payload_count: 0 };
  await transaction
    .insertInto('webhook_stats')
    .values({ webhook_id: id, ...counts })
    .execute();
  return id;
}

/** Holds a webhook until the transaction ends. */
export async function lockWebhook(transaction: Transaction, id: string): Promise<void> {
  await transaction.selectFrom('webhook').select('id').where('id', '=', id).forUpdate().execute();
}

/** Changes what is given of a webhook. */
export async function updateWebhook(
  transaction: Transaction,
  id: string,
  values: Updateable<WebhookTable>,
): Promise<void> {
  await transaction
    .updateTable('webhook')
    .set({ ...values, updated: now() })
    .where('id', '=', id)
    .execute();
}

/** Deletes a webhook; foreign keys take statistics and events along. */
export async function deleteWebhook(transaction: Transaction, id: string): Promise<void> {
  await transaction.deleteFrom('webhook').where('id', '=', id).execute();
}

/** What became of a request to a webhook. */
export type IntakeOutcome = 'accepted' | 'auth_failed' | 'invalid_payload';

/** Counts a request to a webhook. @param problem what was wrong with it, at most 4096 characters are kept */
export async function countIntake(
  connection: Connection,
  id: string,
  outcome: IntakeOutcome,
  problem?: string,
): Promise<void> {
  const time = now();
  const counter = `${outcome}_count` as const;
  await connection
    .updateTable('webhook_stats')
    .set({
      received_count: sql<number>`received_count + 1`,
      last_received_at: time,
      [counter]: sql<number>`${sql.ref(counter)} + 1`,
      ...(outcome === 'accepted' && { last_accepted_at: time }),
      ...(problem !== undefined && { last_error_at: time, last_error_summary: problem.slice(0, 4096) }),
    })
    .where('webhook_id', '=', id)
    .execute();
}

/** Reads the stored body of an event, compressed. */
export async function findEventPayload(
  connection: Connection,
  webhookId: string,
  deliveryId: string,
): Promise<Buffer | undefined> {
  const row = await connection
    .selectFrom('webhook_event_payload')
    .select('payload')
    .where('webhook_id', '=', webhookId)
    .where('delivery_id', '=', deliveryId)
    .executeTakeFirst();
  return row?.payload;
}

/** What a request to a webhook is checked with; `undefined` where there is no such webhook. */
export function findIntake(connection: Connection, id: string) {
  return connection
    .selectFrom('webhook')
    .select(['webhook_type', 'active', 'secret_id', 'project_id'])
    .where('id', '=', id)
    .executeTakeFirst();
}
