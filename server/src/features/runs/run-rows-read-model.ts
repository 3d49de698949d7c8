import { type Selectable, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { PipelineRunTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { type Joined, joinedColumns } from '../../database/joined-columns.ts';
import { PIPELINE_BODY_COLUMNS, type PipelineBodyRow } from '../pipelines/pipelines-read-model.ts';
import { SNAPSHOT_BODY_COLUMNS, type SnapshotBodyRow } from '../snapshots/snapshots-read-model.ts';
import { STACK_BODY_COLUMNS, type StackBodyRow } from '../stacks/stacks-read-model.ts';
import { USER_BODY_COLUMNS, type UserBodyRow } from '../users/users-read-model.ts';

type RunResponse = Model<'PipelineRunResponse'>;

const BODY_COLUMNS = [
  'id',
  'created',
  'updated',
  'name',
  'user_id',
  'project_id',
  'status',
  'in_progress',
  'status_reason',
  'index',
  'pipeline_id',
  'child_key',
  'root_run_id',
] as const;

/** What the body of a run shows. */
type RunBodyRow = Pick<Selectable<PipelineRunTable>, (typeof BODY_COLUMNS)[number]>;

const REFERENCE_COLUMNS = [
  'snapshot_id',
  'model_version_id',
  'original_run_id',
  'parent_run_id',
  'start_time',
  'end_time',
  'orchestrator_run_id',
  'enable_heartbeat',
  'triggered_by',
  'triggered_by_type',
] as const;

/** A run with what every run has: user, snapshot, stack and pipeline, and references to what few runs have. */
export type RunRow = RunBodyRow &
  Pick<Selectable<PipelineRunTable>, (typeof REFERENCE_COLUMNS)[number]> &
  Joined<'user', UserBodyRow> &
  Joined<'snapshot', SnapshotBodyRow> &
  Joined<'stack', StackBodyRow> &
  Joined<'pipeline', PipelineBodyRow> & {
    source_snapshot_id: string | null;
    code_reference_id: string | null;
    build_id: string | null;
    schedule_id: string | null;
    has_trigger: number;
    has_wait_condition: number;
    has_output: number;
    has_visualization: number;
  };

/** One look into an index per run costs less than a statement more for what few runs have. */
const has = (table: string, column: string, also = ''): string =>
  `exists (select 1 from ${table} as related where related.${column} = run.id${also})`;

/** A run of an old version of ZenML has no snapshot and holds its references itself. */
const shown = (column: string): string => `if(snapshot.id is null, run.${column}, snapshot.${column})`;

/** Fixed text, so that the builder has nothing to do but to bind the ids. The large texts stay in the database. */
const SELECT_RUNS =
  sql.raw(`select ${[...BODY_COLUMNS, ...REFERENCE_COLUMNS].map((name) => `run.\`${name}\``).join(', ')},
  ${joinedColumns('user', USER_BODY_COLUMNS)}, ${joinedColumns('snapshot', SNAPSHOT_BODY_COLUMNS)},
  ${joinedColumns('stack', STACK_BODY_COLUMNS)}, ${joinedColumns('pipeline', PIPELINE_BODY_COLUMNS)},
  build.is_local as snapshot__build_is_local, build.stack_id as snapshot__build_stack_id,
  if(build.id is null, null, (select component.id from stack_composition as composition
    join stack_component as component on component.id = composition.component_id and component.type = 'deployer'
    where composition.stack_id = snapshot.stack_id limit 1)) as snapshot__deployer_id,
  snapshot.source_snapshot_id, snapshot.code_reference_id,
  ${shown('build_id')} as build_id, ${shown('schedule_id')} as schedule_id,
  ${has('trigger_execution', 'pipeline_run_id')} as has_trigger,
  ${has('run_wait_condition', 'run_id')} as has_wait_condition,
  ${has('pipeline_run_output', 'pipeline_run_id')} as has_output,
  ${has('curated_visualization', 'resource_id', " and related.resource_type = 'pipeline_run'")} as has_visualization
  from pipeline_run as run
  left join pipeline_snapshot as snapshot on snapshot.id = run.snapshot_id
  left join pipeline_build as build on build.id = snapshot.build_id
  left join user on user.id = run.user_id
  left join stack on stack.id = ${shown('stack_id')}
  left join pipeline on pipeline.id = ${shown('pipeline_id')}`);

/** Selects runs with what every run has. */
export async function selectRuns(connection: Connection, ids: readonly string[]): Promise<RunRow[]> {
  return (await sql<RunRow>`${SELECT_RUNS} where run.id in (${sql.join(ids)})`.execute(connection)).rows;
}

/** Loads runs as they are shown within another answer, by database id. */
export async function loadNestedRuns(
  connection: Connection,
  ids: readonly string[],
): Promise<Map<string, RunResponse>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('pipeline_run').select(BODY_COLUMNS).where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, toNestedRun(row)]));
}

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
