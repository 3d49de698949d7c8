import { sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';

type RunResponse = Model<'PipelineRunResponse'>;

const BODY_COLUMNS = [
  'run.id',
  'run.created',
  'run.updated',
  'run.name',
  'run.user_id',
  'run.project_id',
  'run.status',
  'run.in_progress',
  'run.status_reason',
  'run.index',
  'run.pipeline_id',
  'run.child_key',
  'run.root_run_id',
] as const;

/** A run with its references; the large texts stay in the database. */
export type RunRow = Awaited<ReturnType<typeof selectRuns>>[number];

/**
 * Most runs have no trigger, wait condition, output or visualization: one look into an index per run tells, which
 * costs less than one more statement for each of them.
 */
function has(table: 'trigger_execution' | 'run_wait_condition' | 'pipeline_run_output', column: string) {
  return sql<number>`exists (select 1 from ${sql.table(table)} as related where ${sql.ref(`related.${column}`)} = run.id)`;
}

/** Selects runs with their references. */
export function selectRuns(connection: Connection, ids: readonly string[]) {
  return connection
    .selectFrom('pipeline_run as run')
    .leftJoin('pipeline_snapshot as snapshot', 'snapshot.id', 'run.snapshot_id')
    .select(BODY_COLUMNS)
    .select(['run.snapshot_id', 'run.model_version_id', 'run.original_run_id', 'run.parent_run_id', 'run.start_time'])
    .select(['run.end_time', 'run.orchestrator_run_id', 'run.enable_heartbeat', 'run.triggered_by'])
    .select(['run.triggered_by_type', 'snapshot.source_snapshot_id', 'snapshot.code_reference_id'])
    .select([
      sql<string | null>`if(snapshot.id is null, run.pipeline_id, snapshot.pipeline_id)`.as('shown_pipeline_id'),
      sql<string | null>`if(snapshot.id is null, run.stack_id, snapshot.stack_id)`.as('shown_stack_id'),
      sql<string | null>`if(snapshot.id is null, run.build_id, snapshot.build_id)`.as('shown_build_id'),
      sql<string | null>`if(snapshot.id is null, run.schedule_id, snapshot.schedule_id)`.as('shown_schedule_id'),
      has('trigger_execution', 'pipeline_run_id').as('has_trigger'),
      has('run_wait_condition', 'run_id').as('has_wait_condition'),
      has('pipeline_run_output', 'pipeline_run_id').as('has_output'),
    ])
    .where('run.id', 'in', ids)
    .execute();
}

/** Loads runs as they are shown within another answer, by database id. */
export async function loadNestedRuns(
  connection: Connection,
  ids: readonly string[],
): Promise<Map<string, RunResponse>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('pipeline_run as run').select(BODY_COLUMNS).where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, toNestedRun(row)]));
}

/** What the body of a run shows. */
type RunBodyRow = Pick<
  RunRow,
  | 'id'
  | 'created'
  | 'updated'
  | 'name'
  | 'user_id'
  | 'project_id'
  | 'status'
  | 'in_progress'
  | 'status_reason'
  | 'index'
  | 'pipeline_id'
  | 'child_key'
  | 'root_run_id'
>;

/** A run as it is shown within another answer. */
export function toNestedRun(row: RunBodyRow): RunResponse {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: fromNullableId(row.user_id),
      project_id: fromDatabaseId(row.project_id),
      status: row.status as Model<'ExecutionStatus'>,
      in_progress: row.in_progress === 1,
      status_reason: row.status_reason,
      index: row.index,
      pipeline_id: fromNullableId(row.pipeline_id),
      child_key: row.child_key,
      root_run_id: fromNullableId(row.root_run_id),
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
    name: row.name,
  };
}
