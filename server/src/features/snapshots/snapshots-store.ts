import { type Insertable, type SqlBool, sql } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { PipelineSnapshotTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { deleteRunLinks } from '../runs/run-links.ts';

/** The columns of a snapshot that a client sets. */
export type SnapshotValues = Omit<Insertable<PipelineSnapshotTable>, 'id' | 'created' | 'updated'>;

/** A step of a snapshot; its configuration as JSON text. */
export interface StepText {
  readonly name: string;
  readonly config: string;
}

/** Rows of step configurations per statement: each may be large. */
const STEPS_PER_STATEMENT = 100;

/** Inserts a snapshot with the configurations of its steps and returns its database id. */
export async function insertSnapshot(
  transaction: Transaction,
  values: SnapshotValues,
  steps: readonly StepText[],
): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('pipeline_snapshot')
    .values({ id, created, updated: created, ...values })
    .execute();
  for (let start = 0; start < steps.length; start += STEPS_PER_STATEMENT) {
    const rows = steps.slice(start, start + STEPS_PER_STATEMENT).map((step, index) => ({
      id: newId(),
      created,
      updated: created,
      index: start + index,
      snapshot_id: id,
      ...step,
    }));
    await transaction.insertInto('step_configuration').values(rows).execute();
  }
  return id;
}

/** Finds the pipeline of a snapshot and its name, and holds the snapshot until the transaction ends. */
export function lockSnapshot(
  transaction: Transaction,
  id: string,
): Promise<{ name: string | null; pipeline_id: string } | undefined> {
  return transaction
    .selectFrom('pipeline_snapshot')
    .select(['name', 'pipeline_id'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

/** Changes what is given of a snapshot. */
export async function updateSnapshot(
  transaction: Transaction,
  id: string,
  values: Partial<SnapshotValues>,
): Promise<void> {
  await transaction
    .updateTable('pipeline_snapshot')
    .set({ ...values, updated: now() })
    .where('id', '=', id)
    .execute();
}

/** Whether anything needs a snapshot, so that it must be kept (ZenML 0.98.0 `_snapshot_is_referenced`). */
const REFERENCED = sql<SqlBool>`(
  pipeline_snapshot.schedule_id is not null
  or pipeline_snapshot.template_id is not null
  or exists (select 1 from pipeline_run where pipeline_run.snapshot_id = pipeline_snapshot.id)
  or exists (select 1 from step_run where step_run.snapshot_id = pipeline_snapshot.id)
  or exists (select 1 from deployment where deployment.snapshot_id = pipeline_snapshot.id)
  or exists (select 1 from run_template where run_template.source_snapshot_id = pipeline_snapshot.id)
  or exists (select 1 from trigger_snapshot where trigger_snapshot.snapshot_id = pipeline_snapshot.id)
  or exists (select 1 from pipeline_snapshot as derived where derived.source_snapshot_id = pipeline_snapshot.id))`;

/** Finds the snapshot of a pipeline that has a name, and holds it. */
export async function lockByName(
  transaction: Transaction,
  pipelineId: string,
  name: string,
): Promise<{ id: string; referenced: boolean } | undefined> {
  const row = await transaction
    .selectFrom('pipeline_snapshot')
    .select(['id', REFERENCED.as('referenced')])
    .where('pipeline_id', '=', pipelineId)
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst();
  return row && { id: row.id, referenced: Boolean(row.referenced) };
}

/** Detaches triggers from the snapshots that were derived from one. */
export async function detachTriggers(transaction: Transaction, id: string): Promise<void> {
  await transaction
    .deleteFrom('trigger_snapshot')
    .where('snapshot_id', 'in', (snapshot) =>
      snapshot.selectFrom('pipeline_snapshot').select('id').where('source_snapshot_id', '=', id),
    )
    .execute();
}

/** Takes a snapshot's name away, so that it stays for its runs. */
export async function releaseName(transaction: Transaction, id: string): Promise<void> {
  await transaction.updateTable('pipeline_snapshot').set({ name: null }).where('id', '=', id).execute();
  await detachTriggers(transaction, id);
}

/** Deletes snapshots with their runs, tags and visualizations. @returns how many there were. */
export async function deleteSnapshots(transaction: Transaction, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  await deleteRunLinks(transaction, 'snapshot_id', ids);
  for (const table of ['tag_resource', 'curated_visualization'] as const) {
    await transaction
      .deleteFrom(table)
      .where('resource_id', 'in', ids)
      .where('resource_type', '=', 'pipeline_snapshot')
      .execute();
  }
  const { numDeletedRows } = await transaction
    .deleteFrom('pipeline_snapshot')
    .where('id', 'in', ids)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Frees the snapshots that were derived from a deleted one: there is no foreign key that would do it. */
export async function forgetSource(transaction: Transaction, id: string): Promise<void> {
  await detachTriggers(transaction, id);
  const changes = { source_snapshot_id: null };
  await transaction.updateTable('pipeline_snapshot').set(changes).where('source_snapshot_id', '=', id).execute();
}

/** Nameless snapshots of a project (database id) that nothing needs, made before an instant (database form). */
export interface Prunable {
  readonly projectId: string;
  readonly olderThan: string;
}

function prunable(connection: Connection, { projectId, olderThan }: Prunable) {
  return connection
    .selectFrom('pipeline_snapshot')
    .where('project_id', '=', projectId)
    .where('name', 'is', null)
    .where('created', '<', olderThan)
    .where(sql<SqlBool>`not ${REFERENCED}`);
}

/** Counts what pruning would delete. */
export async function countPrunable(connection: Connection, criteria: Prunable): Promise<number> {
  const query = prunable(connection, criteria).select((row) => row.fn.countAll<number>().as('count'));
  return Number((await query.executeTakeFirstOrThrow()).count);
}

/** Deletes up to `limit` prunable snapshots. @returns how many. */
export async function pruneBatch(transaction: Transaction, criteria: Prunable, limit: number): Promise<number> {
  const candidates = await prunable(transaction, criteria).select('id').limit(limit).execute();
  if (candidates.length === 0) return 0;
  const ids = candidates.map((row) => row.id);
  const locked = await prunable(transaction, criteria).select('id').where('id', 'in', ids).forUpdate().execute();
  return deleteSnapshots(
    transaction,
    locked.map((row) => row.id),
  );
}
