import { sql } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import { newId } from '../../database/ids.ts';

/*
 * What triggers are about to do: a row per occurrence and attached snapshot. It is written in the transaction of what
 * happened (a schedule's turn, the end of a run, an accepted event), and goes in the transaction that starts the run, so
 * that it is done once over all replicas and whatever dies.
 */

/** A snapshot that a trigger is to run, because something happened. Ids in database form. */
export interface Firing {
  readonly id: string;
  readonly triggerId: string;
  /** The executable snapshot. */
  readonly snapshotId: string;
  /** What is noted with the run, as JSON text. */
  readonly info: string | null;
  /** How often it was tried before. */
  readonly attempts: number;
}

/** A firing that is to be. */
export type NewFiring = Pick<Firing, 'triggerId' | 'snapshotId' | 'info'>;

/**
 * Adds firings; one that is there already stays as it is.
 * @param occurrence names what happened, in ASCII: a trigger fires once for it
 */
export async function insertFirings(
  transaction: Transaction,
  occurrence: string,
  firings: readonly NewFiring[],
): Promise<void> {
  if (firings.length === 0) return;
  const rows = firings.map(
    ({ triggerId, snapshotId, info }) =>
      sql`(${newId()}, ${triggerId}, ${snapshotId}, ${occurrence}, ${info}, 0, utc_timestamp(3), utc_timestamp(3))`,
  );
  await sql`insert into ws_trigger_firing (id, trigger_id, snapshot_id, occurrence, info, attempts, due, created)
    values ${sql.join(rows)} on duplicate key update attempts = ws_trigger_firing.attempts`.execute(transaction);
}

/** Whether there is a firing or a schedule whose time has come: what an idle server asks each second. */
export async function isAnythingDue(connection: Connection): Promise<boolean> {
  const { rows } = await sql<{ due: number }>`select
    exists (select 1 from ws_trigger_firing where due <= utc_timestamp(3))
    or exists (select 1 from \`trigger\` where flavor = 'native schedule' and next_occurrence <= utc_timestamp()
      and active = 1 and is_archived = 0) as due`.execute(connection);
  return Number(rows[0]?.due ?? 0) === 1;
}

interface FiringRow {
  id: string;
  trigger_id: string;
  snapshot_id: string;
  info: string | null;
  attempts: number;
}

/** Takes the firing that has waited longest and holds it until the transaction ends; others take other ones. */
export async function takeFiring(transaction: Transaction): Promise<Firing | undefined> {
  const { rows } = await sql<FiringRow>`select id, trigger_id, snapshot_id, info, attempts from ws_trigger_firing
    where due <= utc_timestamp(3) order by due limit 1 for update skip locked`.execute(transaction);
  const row = rows[0];
  return row && { ...row, triggerId: row.trigger_id, snapshotId: row.snapshot_id };
}

/** Holds a firing, if it is still as it was seen. @returns whether it is */
export async function holdFiring(transaction: Transaction, { id, attempts }: Firing): Promise<boolean> {
  const { rows } = await sql`select 1 from ws_trigger_firing
    where id = ${id} and attempts = ${attempts} for update skip locked`.execute(transaction);
  return rows.length > 0;
}

/** Gives a firing back for another try. */
export async function postponeFiring(transaction: Transaction, id: string, seconds: number): Promise<void> {
  await sql`update ws_trigger_firing set attempts = attempts + 1, due = utc_timestamp(3) + interval ${seconds} second
    where id = ${id}`.execute(transaction);
}

/** Ends a firing. */
export async function removeFiring(transaction: Transaction, id: string): Promise<void> {
  await sql`delete from ws_trigger_firing where id = ${id}`.execute(transaction);
}

/** A trigger with a snapshot that it runs, as far as firing it needs to know. */
export interface FiredLink {
  active: number;
  is_archived: number;
  type: string;
  concurrency: string;
  configuration: string;
  user_id: string | null;
  pipeline_id: string | null;
  source_snapshot_id: string | null;
}

/** Finds a trigger with one of its snapshots and holds the trigger; `undefined` where they belong together no more. */
export async function lockLink(
  transaction: Transaction,
  { triggerId, snapshotId }: Firing,
): Promise<FiredLink | undefined> {
  // Alone: MariaDB cannot lock one table of a join, and the snapshot is none of its business.
  const trigger = await transaction
    .selectFrom('trigger')
    .select(['active', 'is_archived', 'type', 'concurrency', 'configuration', 'user_id'])
    .where('id', '=', triggerId)
    .forUpdate()
    .executeTakeFirst();
  const snapshot = await transaction
    .selectFrom('trigger_snapshot as link')
    .innerJoin('pipeline_snapshot as snapshot', 'snapshot.id', 'link.snapshot_id')
    .select(['snapshot.pipeline_id', 'snapshot.source_snapshot_id'])
    .where('link.trigger_id', '=', triggerId)
    .where('link.snapshot_id', '=', snapshotId)
    .executeTakeFirst();
  return trigger && snapshot && { ...trigger, ...snapshot };
}

/** The runs that a trigger has started of a snapshot, or of what the same snapshot was attached as before. */
export async function countRuns(
  connection: Connection,
  { triggerId, snapshotId }: Firing,
  sourceSnapshotId: string | null,
): Promise<{ all: number; runningId: string | null }> {
  const { rows } = await sql<{ all_runs: number; running_id: string | null }>`select count(*) as all_runs,
      max(case when run.in_progress = 1 then run.id end) as running_id
    from trigger_execution as execution
    join pipeline_run as run on run.id = execution.pipeline_run_id
    join pipeline_snapshot as snapshot on snapshot.id = run.snapshot_id
    where execution.trigger_id = ${triggerId}
      and (snapshot.id = ${snapshotId} or snapshot.source_snapshot_id = ${sourceSnapshotId})`.execute(connection);
  return { all: Number(rows[0]?.all_runs ?? 0), runningId: rows[0]?.running_id ?? null };
}

/** A schedule whose time has come; instants in database form. */
export interface DueSchedule {
  id: string;
  configuration: string;
  next_occurrence: string;
  /** The database's time. */
  time: string;
}

/** Takes the schedule that is most overdue and holds it until the transaction ends. */
export async function takeDueSchedule(transaction: Transaction): Promise<DueSchedule | undefined> {
  const { rows } = await sql<DueSchedule>`select id, configuration, next_occurrence, utc_timestamp() as time
    from \`trigger\` where flavor = 'native schedule' and next_occurrence <= utc_timestamp()
      and active = 1 and is_archived = 0
    order by next_occurrence limit 1 for update skip locked`.execute(transaction);
  return rows[0];
}

/** Whether a schedule has started a run since the time that has come now. */
export async function hasFiredSince(connection: Connection, schedule: DueSchedule): Promise<boolean> {
  const row = await connection
    .selectFrom('trigger_execution')
    .select('trigger_id')
    .where('trigger_id', '=', schedule.id)
    .where('created_at', '>=', schedule.next_occurrence)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Sets when a schedule fires next, in database form; null: never again. */
export async function setNextOccurrence(transaction: Transaction, id: string, next: string | null): Promise<void> {
  await transaction.updateTable('trigger').set({ next_occurrence: next }).where('id', '=', id).execute();
}

/** The executable snapshots of a trigger. */
export async function findSnapshots(connection: Connection, triggerId: string): Promise<string[]> {
  const rows = await connection
    .selectFrom('trigger_snapshot')
    .select('snapshot_id')
    .where('trigger_id', '=', triggerId)
    .execute();
  return rows.map((row) => row.snapshot_id);
}

/** A run that has ended, as far as triggers need to know. */
export interface EndedRun {
  project_id: string;
  pipeline_id: string | null;
  snapshot_id: string | null;
  source_snapshot_id: string | null;
  /** What was noted of the trigger that has started it, as JSON text. */
  info: string | null;
}

/** Finds a run. */
export function findEndedRun(connection: Connection, runId: string): Promise<EndedRun | undefined> {
  return connection
    .selectFrom('pipeline_run as run')
    .leftJoin('pipeline_snapshot as snapshot', 'snapshot.id', 'run.snapshot_id')
    .leftJoin('trigger_execution as execution', 'execution.pipeline_run_id', 'run.id')
    .select(['run.project_id', 'run.pipeline_id', 'run.snapshot_id', 'snapshot.source_snapshot_id', 'execution.info'])
    .where('run.id', '=', runId)
    .executeTakeFirst();
}

/** What a trigger waits for. */
export interface AwaitedEvent {
  /** As the trigger names it: `pipeline:` and an id. */
  readonly source: string;
  readonly event: string;
}

/** The snapshots of all triggers of a project that wait for one of several events of the platform. */
export async function findWaitingFor(
  connection: Connection,
  projectId: string,
  events: readonly AwaitedEvent[],
): Promise<Omit<NewFiring, 'info'>[]> {
  const rows = await connection
    .selectFrom('trigger')
    .innerJoin('trigger_snapshot as link', 'link.trigger_id', 'trigger.id')
    .select(['trigger.id', 'link.snapshot_id'])
    .where('trigger.flavor', '=', 'platform event')
    .where('trigger.project_id', '=', projectId)
    .where('trigger.active', '=', 1)
    .where('trigger.is_archived', '=', 0)
    .where((where) =>
      where.or(
        events.map(({ source, event }) =>
          where.and([
            where('trigger.source_entity', '=', source),
            where(sql`concat(' ', trigger.target_events, ' ')`, 'like', `% event:${event} %`),
          ]),
        ),
      ),
    )
    .execute();
  return rows.map((row) => ({ triggerId: row.id, snapshotId: row.snapshot_id }));
}

/** A trigger of a webhook. */
export interface WebhookTrigger {
  readonly id: string;
  readonly configuration: string;
}

/** The triggers that wait at a webhook. */
export function findWebhookTriggers(connection: Connection, webhookId: string): Promise<WebhookTrigger[]> {
  return connection
    .selectFrom('trigger')
    .select(['id', 'configuration'])
    .where('type', '=', 'webhook')
    .where('webhook_id', '=', webhookId)
    .where('active', '=', 1)
    .where('is_archived', '=', 0)
    .execute();
}

/** Keeps the body of an event, compressed. @throws Error for an event that is there already (see `isDuplicateKey`) */
export async function insertEventPayload(
  transaction: Transaction,
  event: { webhook_id: string; delivery_id: string; created: string; payload: Buffer },
): Promise<void> {
  await transaction.insertInto('webhook_event_payload').values(event).execute();
}
