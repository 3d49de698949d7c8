import { type RawBuilder, sql } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { ExecutionStatus, Heartbeat } from './run-status.ts';

/** What the rules of a run's status need to know of it. */
export interface RunStatusRow {
  status: ExecutionStatus;
  status_reason: string | null;
  in_progress: number;
  end_time: string | null;
  orchestrator_run_id: string | null;
  parent_run_id: string | null;
  project_id: string;
  user_id: string | null;
  snapshot_id: string | null;
  is_dynamic: number | null;
  step_count: number | null;
  stack_id: string | null;
}

/** A column of the run's snapshot as a subquery: a join would lock the snapshot too, for all its runs. */
const ofSnapshot = <Value>(column: string): RawBuilder<Value | null> =>
  sql`(select ${sql.ref(column)} from pipeline_snapshot where pipeline_snapshot.id = pipeline_run.snapshot_id)`;

/** Finds a run and holds it until the transaction ends. Whoever changes its steps locks it before them. */
export async function lockRun(transaction: Transaction, runId: string): Promise<RunStatusRow | undefined> {
  const row = await transaction
    .selectFrom('pipeline_run')
    .select(['status', 'status_reason', 'in_progress', 'end_time', 'orchestrator_run_id', 'parent_run_id'])
    .select(['project_id', 'user_id', 'snapshot_id'])
    .select([
      ofSnapshot<number>('is_dynamic').as('is_dynamic'),
      ofSnapshot<number>('step_count').as('step_count'),
      ofSnapshot<string>('stack_id').as('stack_id'),
    ])
    .where('id', '=', runId)
    .forUpdate()
    .executeTakeFirst();
  return row && { ...row, status: row.status as ExecutionStatus };
}

/** Changes a run. */
export async function updateRunRow(
  transaction: Transaction,
  runId: string,
  values: {
    updated: string;
    status?: ExecutionStatus;
    status_reason?: string | null;
    in_progress?: number;
    end_time?: string | null;
    orchestrator_run_id?: string;
    exception_info?: string;
    enable_heartbeat?: number;
  },
): Promise<void> {
  await transaction.updateTable('pipeline_run').set(values).where('id', '=', runId).execute();
}

/** A step of a run as the rules of the run's status see it. */
export interface StepStatusRow extends Heartbeat {
  name: string;
}

/** The steps of a run without those that a retry replaced. */
export async function findStepStatuses(connection: Connection, runId: string): Promise<StepStatusRow[]> {
  const rows = await connection
    .selectFrom('step_run')
    .select(['name', 'status', 'start_time', 'latest_heartbeat', 'heartbeat_threshold'])
    .where('pipeline_run_id', '=', runId)
    .where('status', '!=', 'retried')
    .execute();
  return rows.map((row) => ({ ...row, status: row.status as ExecutionStatus }));
}

/** How a snapshot's runs go on after a failure, and what each of its steps waits for. */
export interface SnapshotPlan {
  executionMode: string;
  upstream: ReadonlyMap<string, readonly string[]> | undefined;
}

/** Reads the plan of a snapshot; its texts are large, so that this is asked for failed runs only. */
export async function readSnapshotPlan(connection: Connection, snapshotId: string): Promise<SnapshotPlan> {
  const row = await connection
    .selectFrom('pipeline_snapshot')
    .select(['pipeline_configuration', 'pipeline_spec'])
    .where('id', '=', snapshotId)
    .executeTakeFirst();
  const configuration: { execution_mode?: string | null } = JSON.parse(row?.pipeline_configuration ?? '{}');
  return {
    executionMode: configuration.execution_mode ?? 'continue_on_failure',
    upstream: row?.pipeline_spec ? readUpstream(row.pipeline_spec) : undefined,
  };
}

function readUpstream(specification: string): Map<string, readonly string[]> {
  const { steps = [] }: { steps?: readonly StepOfSpecification[] } = JSON.parse(specification);
  return new Map(steps.map((step) => [step.invocation_id ?? step.pipeline_parameter_name ?? '', step.upstream_steps]));
}

interface StepOfSpecification {
  readonly invocation_id?: string;
  /** What old clients call `invocation_id`. */
  readonly pipeline_parameter_name?: string;
  readonly upstream_steps: readonly string[];
}

/** The flavors of a stack's components by type. */
export async function findStackFlavors(connection: Connection, stackId: string): Promise<Map<string, string>> {
  const rows = await connection
    .selectFrom('stack_composition')
    .innerJoin('stack_component', 'stack_component.id', 'stack_composition.component_id')
    .select(['stack_component.type', 'stack_component.flavor'])
    .where('stack_composition.stack_id', '=', stackId)
    .execute();
  return new Map(rows.map((row) => [row.type, row.flavor]));
}
