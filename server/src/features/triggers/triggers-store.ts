import type { Insertable } from 'kysely';
import type { Transaction } from '../../database/database.ts';
import { databaseTime } from '../../database/database-time.ts';
import type { TriggerTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';

/** A trigger as rules see it. */
export interface StoredTrigger {
  id: string;
  name: string;
  type: string;
  project_id: string;
  webhook_id: string | null;
  is_archived: number;
}

/** The columns of a trigger that a client sets. */
export type TriggerValues = Omit<Insertable<TriggerTable>, 'id' | 'created' | 'updated' | 'is_archived'>;

/** Inserts a trigger and returns its database id. */
export async function insertTrigger(transaction: Transaction, values: TriggerValues): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('trigger')
    .values({ id, created, updated: created, is_archived: 0, ...values })
    .execute();
  return id;
}

/** Changes what is given of a trigger. The time of its last update stays, as in the reference. */
export async function updateTrigger(
  transaction: Transaction,
  id: string,
  values: Partial<TriggerValues>,
): Promise<void> {
  await transaction.updateTable('trigger').set(values).where('id', '=', id).execute();
}

/** Finds a trigger and holds it until the transaction ends. */
export function lockTrigger(transaction: Transaction, id: string): Promise<StoredTrigger | undefined> {
  const query = transaction
    .selectFrom('trigger')
    .select(['id', 'name', 'type', 'project_id', 'webhook_id', 'is_archived'])
    .where('id', '=', id);
  return query.forUpdate().executeTakeFirst();
}

/** Puts a trigger away: it runs nothing any more, and its name is free. */
export async function archiveTrigger(transaction: Transaction, id: string, name: string): Promise<void> {
  await transaction.updateTable('trigger').set({ is_archived: 1, active: 0, name }).where('id', '=', id).execute();
  await transaction.deleteFrom('trigger_snapshot').where('trigger_id', '=', id).execute();
}

/** Deletes a trigger; foreign keys take its links along. */
export async function deleteTrigger(transaction: Transaction, id: string): Promise<void> {
  await transaction.deleteFrom('trigger').where('id', '=', id).execute();
}

/** A snapshot that a trigger runs: made of the one that was attached. */
export interface AttachedSnapshot {
  snapshot_id: string;
  source_snapshot_id: string | null;
  dispatch_state: string | null;
}

/** The snapshots that a trigger runs. */
export function findAttached(transaction: Transaction, triggerId: string): Promise<AttachedSnapshot[]> {
  return transaction
    .selectFrom('trigger_snapshot')
    .innerJoin('pipeline_snapshot', 'pipeline_snapshot.id', 'trigger_snapshot.snapshot_id')
    .select(['trigger_snapshot.snapshot_id', 'trigger_snapshot.dispatch_state', 'pipeline_snapshot.source_snapshot_id'])
    .where('trigger_snapshot.trigger_id', '=', triggerId)
    .execute();
}

/** Finds the link of a trigger to an executable snapshot and holds it until the transaction ends. */
export function lockAttached(transaction: Transaction, triggerId: string, snapshotId: string) {
  return transaction
    .selectFrom('trigger_snapshot')
    .select('dispatch_state')
    .where('trigger_id', '=', triggerId)
    .where('snapshot_id', '=', snapshotId)
    .forUpdate()
    .executeTakeFirst();
}

/** Attaches a snapshot to a trigger. */
export async function attach(transaction: Transaction, triggerId: string, snapshotId: string): Promise<void> {
  const row = { trigger_id: triggerId, snapshot_id: snapshotId, created_at: now() };
  await transaction.insertInto('trigger_snapshot').values(row).execute();
}

/** Detaches a snapshot from a trigger. */
export async function detach(transaction: Transaction, triggerId: string, snapshotId: string): Promise<void> {
  await transaction
    .deleteFrom('trigger_snapshot')
    .where('trigger_id', '=', triggerId)
    .where('snapshot_id', '=', snapshotId)
    .execute();
}

/** Sets how the last dispatch of a snapshot went, as JSON text. */
export async function setDispatchState(
  transaction: Transaction,
  triggerId: string,
  snapshotId: string,
  dispatch_state: string | null,
): Promise<void> {
  await transaction
    .updateTable('trigger_snapshot')
    .set({ dispatch_state })
    .where('trigger_id', '=', triggerId)
    .where('snapshot_id', '=', snapshotId)
    .execute();
}

/** Inserts an execution of a trigger, at the database's time; `info` as JSON text. */
export async function insertExecution(
  transaction: Transaction,
  { triggerId, runId, info }: { triggerId: string; runId: string; info: string | null },
): Promise<void> {
  const row = { trigger_id: triggerId, pipeline_run_id: runId, created_at: databaseTime, info };
  await transaction.insertInto('trigger_execution').values(row).execute();
}

/** Whether a webhook has a trigger that was not put away. */
export async function hasLiveTrigger(transaction: Transaction, webhookId: string): Promise<boolean> {
  const row = await transaction
    .selectFrom('trigger')
    .select('id')
    .where('webhook_id', '=', webhookId)
    .where('is_archived', '=', 0)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Takes a webhook from its triggers. */
export async function releaseWebhook(transaction: Transaction, webhookId: string): Promise<void> {
  const changes = { webhook_id: null, updated: now() };
  await transaction.updateTable('trigger').set(changes).where('webhook_id', '=', webhookId).execute();
}

/** Whether there is what a trigger is to wait for. */
export async function hasSource(
  transaction: Transaction,
  table: 'pipeline' | 'pipeline_run' | 'pipeline_snapshot',
  id: string,
): Promise<boolean> {
  const row = await transaction.selectFrom(table).select('id').where('id', '=', id).executeTakeFirst();
  return row !== undefined;
}
