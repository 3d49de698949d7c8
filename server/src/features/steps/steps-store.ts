import { type Insertable, sql } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { StepRunTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import type { ExecutionStatus } from '../runs/run-status.ts';

/** The columns of a step run that a write sets. */
export type StepValues = Omit<Insertable<StepRunTable>, 'id' | 'created' | 'updated'>;

/** The run of a new step, with its pipeline. */
export interface RunOfStep {
  id: string;
  name: string;
  status: ExecutionStatus;
  start_time: string | null;
  enable_heartbeat: number;
  snapshot_id: string | null;
  is_dynamic: number | null;
  pipeline_configuration: string | null;
}

/** Finds the run of a new step and holds it: steps of a run are made one after the other. */
export async function lockRunOfStep(transaction: Transaction, runId: string): Promise<RunOfStep | undefined> {
  const run = await transaction
    .selectFrom('pipeline_run')
    .select(['id', 'name', 'status', 'start_time', 'enable_heartbeat', 'snapshot_id'])
    .where('id', '=', runId)
    .forUpdate()
    .executeTakeFirst();
  if (!run) return undefined;
  const snapshot = await transaction
    .selectFrom('pipeline_snapshot')
    .select(['is_dynamic', 'pipeline_configuration'])
    .where('id', '=', run.snapshot_id)
    .executeTakeFirst();
  return {
    ...run,
    status: run.status as ExecutionStatus,
    is_dynamic: snapshot?.is_dynamic ?? null,
    pipeline_configuration: snapshot?.pipeline_configuration ?? null,
  };
}

/** The stored configuration of a step of a snapshot, as JSON text. */
export async function findStepText(
  connection: Connection,
  snapshotId: string,
  name: string,
): Promise<string | undefined> {
  const row = await connection
    .selectFrom('step_configuration')
    .select('config')
    .where('snapshot_id', '=', snapshotId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.config;
}

/** An earlier try of a step. */
export interface EarlierTry {
  status: ExecutionStatus;
  model_version_id: string | null;
}

/** The tries of a step in a run, the latest first. */
export async function findTries(connection: Connection, runId: string, name: string): Promise<EarlierTry[]> {
  const rows = await connection
    .selectFrom('step_run')
    .select(['status', 'model_version_id'])
    .where('pipeline_run_id', '=', runId)
    .where('name', '=', name)
    .orderBy('version', 'desc')
    .execute();
  return rows.map((row) => ({ ...row, status: row.status as ExecutionStatus }));
}

/** Marks all tries of a step as followed by another. */
export async function markRetried(transaction: Transaction, runId: string, name: string): Promise<void> {
  await transaction
    .updateTable('step_run')
    .set({ status: 'retried', end_time: sql<string>`coalesce(end_time, ${now()})` })
    .where('pipeline_run_id', '=', runId)
    .where('name', '=', name)
    .execute();
}

/** Inserts a step run and returns its database id. */
export async function insertStep(transaction: Transaction, values: StepValues): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('step_run')
    .values({ id, created, updated: created, ...values })
    .execute();
  return id;
}

/** Stores the configuration of a step that was made while its run was going on. */
export async function insertDynamicConfiguration(
  transaction: Transaction,
  stepId: string,
  name: string,
  config: string,
): Promise<void> {
  const created = now();
  const row = { id: newId(), created, updated: created, index: 0, name, config, step_run_id: stepId };
  await transaction.insertInto('step_configuration').values(row).execute();
}

/** Changes what is given of a step run. */
export async function updateStep(transaction: Transaction, id: string, values: Partial<StepValues>): Promise<void> {
  await transaction
    .updateTable('step_run')
    .set({ ...values, updated: now() })
    .where('id', '=', id)
    .execute();
}

/** A step run as rules see it. */
export interface StoredStep {
  id: string;
  name: string;
  status: ExecutionStatus;
  is_retriable: number;
  pipeline_run_id: string;
  project_id: string;
  user_id: string | null;
  heartbeat_threshold: number | null;
  run_status: ExecutionStatus;
  schedule_id: string | null;
}

/** Finds a step run and holds its run and then itself, in the order that all writers of a run keep. */
export async function lockStep(transaction: Transaction, id: string): Promise<StoredStep | undefined> {
  const found = await transaction
    .selectFrom('step_run')
    .select('pipeline_run_id')
    .where('id', '=', id)
    .executeTakeFirst();
  if (!found) return undefined;
  const run = await transaction
    .selectFrom('pipeline_run')
    .select(['status', 'schedule_id'])
    .where('id', '=', found.pipeline_run_id)
    .forUpdate()
    .executeTakeFirst();
  const step = await transaction
    .selectFrom('step_run')
    .select(['id', 'name', 'status', 'is_retriable', 'pipeline_run_id', 'project_id', 'user_id', 'heartbeat_threshold'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (!run || !step) return undefined;
  return {
    ...step,
    status: step.status as ExecutionStatus,
    run_status: run.status as ExecutionStatus,
    schedule_id: run.schedule_id,
  };
}

/** Notes a sign of life of a step. */
export async function recordHeartbeat(connection: Connection, id: string, instant: string): Promise<void> {
  await connection.updateTable('step_run').set({ latest_heartbeat: instant }).where('id', '=', id).execute();
}

/** Finds a step and the state of its run without holding either. */
export async function findStep(connection: Connection, id: string): Promise<StoredStep | undefined> {
  const row = await connection
    .selectFrom('step_run as step')
    .innerJoin('pipeline_run as run', 'run.id', 'step.pipeline_run_id')
    .select(['step.id', 'step.name', 'step.status', 'step.is_retriable', 'step.pipeline_run_id', 'step.project_id'])
    .select(['step.user_id', 'step.heartbeat_threshold', 'run.status as run_status', 'run.schedule_id'])
    .where('step.id', '=', id)
    .executeTakeFirst();
  return row && { ...row, status: row.status as ExecutionStatus, run_status: row.run_status as ExecutionStatus };
}
