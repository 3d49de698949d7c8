import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { joinedRow } from '../../database/joined-columns.ts';
import { NESTED } from '../../listing/page.ts';
import { loadNestedArtifactVersions } from '../artifacts/artifact-versions-read-model.ts';
import { loadBuilds } from '../builds/builds-read-model.ts';
import { loadCodeReferences } from '../code-repositories/code-repositories-read-model.ts';
import { loadCuratedVisualizations } from '../curated-visualizations/curated-visualizations-read-model.ts';
import { loadLogsOf } from '../logs/logs-read-model.ts';
import { loadNestedModelVersions } from '../models/model-versions-read-model.ts';
import { PIPELINE_BODY_COLUMNS, type PipelineBodyRow, toNestedPipeline } from '../pipelines/pipelines-read-model.ts';
import { loadActiveWaitConditions } from '../run-wait-conditions/run-wait-conditions-read-model.ts';
import { loadSchedules } from '../schedules/schedules-read-model.ts';
import {
  loadSnapshots,
  SNAPSHOT_BODY_COLUMNS,
  type SnapshotBodyRow,
  toNestedSnapshot,
} from '../snapshots/snapshots-read-model.ts';
import { STACK_BODY_COLUMNS, type StackBodyRow, toNestedStack } from '../stacks/stacks-read-model.ts';
import { loadTags } from '../tags/tags-read-model.ts';
import { toNestedTrigger } from '../triggers/triggers-read-model.ts';
import { toNestedUser, USER_BODY_COLUMNS, type UserBodyRow } from '../users/users-read-model.ts';
import { loadNestedRuns, type RunRow } from './run-rows-read-model.ts';

type Resources = Model<'PipelineRunResponseResources'>;

/** Loads what runs are shown with; the result gives that of one run. */
export async function loadRunResources(
  connection: Connection,
  rows: readonly RunRow[],
): Promise<(row: RunRow) => Resources> {
  const ids = rows.map((row) => row.id);
  const tags = await loadTags(connection, 'pipeline_run', ids);
  const logs = await loadLogsOf(connection, 'pipeline_run_id', ids);
  const rare = await loadRareResources(connection, rows);
  return (row) => ({
    ...toJoinedResources(row),
    tags: tags.get(row.id) ?? [],
    log_collection: logs.get(row.id) ?? [],
    ...rare(row),
  });
}

const SNAPSHOT_COLUMNS = [...SNAPSHOT_BODY_COLUMNS, 'build_is_local', 'build_stack_id', 'deployer_id'] as const;

/** What came with the run's own row. */
function toJoinedResources(row: RunRow) {
  const user = joinedRow<UserBodyRow>(row, 'user', USER_BODY_COLUMNS);
  const snapshot = joinedRow<SnapshotBodyRow>(row, 'snapshot', SNAPSHOT_COLUMNS);
  const stack = joinedRow<StackBodyRow>(row, 'stack', STACK_BODY_COLUMNS);
  const pipeline = joinedRow<PipelineBodyRow>(row, 'pipeline', PIPELINE_BODY_COLUMNS);
  return {
    user: user ? toNestedUser(user) : null,
    snapshot: snapshot ? toNestedSnapshot(snapshot) : null,
    stack: stack ? toNestedStack(stack) : null,
    pipeline: pipeline ? toNestedPipeline(pipeline) : null,
  };
}

/** What few runs have: no statement is sent for what none of them does. */
async function loadRareResources(connection: Connection, rows: readonly RunRow[]) {
  const sources = await loadSnapshots(connection, unique(rows.map((row) => row.source_snapshot_id)), NESTED);
  const builds = await loadBuilds(connection, unique(rows.map((row) => row.build_id)), NESTED);
  const schedules = await loadSchedules(connection, unique(rows.map((row) => row.schedule_id)), NESTED);
  const references = await loadCodeReferences(connection, unique(rows.map((row) => row.code_reference_id)));
  const versions = await loadNestedModelVersions(connection, unique(rows.map((row) => row.model_version_id)));
  const runs = await loadNestedRuns(
    connection,
    unique(rows.flatMap((row) => [row.original_run_id, row.parent_run_id])),
  );
  const triggers = await loadTriggers(connection, idsOf(rows, 'has_trigger'));
  const waitConditions = await loadActiveWaitConditions(connection, idsOf(rows, 'has_wait_condition'));
  const outputs = await loadOutputs(connection, idsOf(rows, 'has_output'));
  const visualized = idsOf(rows, 'has_visualization');
  const visualizations = await loadCuratedVisualizations(connection, 'pipeline_run', visualized);
  return (row: RunRow) => ({
    source_snapshot: find(sources, row.source_snapshot_id),
    build: find(builds, row.build_id),
    schedule: find(schedules, row.schedule_id),
    code_reference: find(references, row.code_reference_id),
    model_version: find(versions, row.model_version_id),
    trigger: triggers.get(row.id) ?? null,
    original_run: find(runs, row.original_run_id),
    parent_run: find(runs, row.parent_run_id),
    active_wait_condition: waitConditions.get(row.id) ?? null,
    outputs: outputs.get(row.id) ?? {},
    visualizations: visualizations.get(row.id) ?? [],
  });
}

function unique(ids: readonly (string | null)[]): string[] {
  return [...new Set(ids.flatMap((id) => id ?? []))];
}

type Flag = 'has_trigger' | 'has_wait_condition' | 'has_output' | 'has_visualization';

function idsOf(rows: readonly RunRow[], flag: Flag): string[] {
  return rows.filter((row) => row[flag] === 1).map((row) => row.id);
}

function find<Item>(items: ReadonlyMap<string, Item>, id: string | null): Item | null {
  return (id && items.get(id)) || null;
}

async function loadTriggers(
  connection: Connection,
  runIds: readonly string[],
): Promise<Map<string, NonNullable<Resources['trigger']>>> {
  if (runIds.length === 0) return new Map();
  const rows = await connection
    .selectFrom('trigger_execution as execution')
    .innerJoin('trigger', 'trigger.id', 'execution.trigger_id')
    .selectAll('trigger')
    .select('execution.pipeline_run_id')
    .where('execution.pipeline_run_id', 'in', runIds)
    .execute();
  return new Map(
    rows.flatMap((row) => {
      const trigger = toNestedTrigger(row);
      return trigger ? [[row.pipeline_run_id, trigger]] : [];
    }),
  );
}

async function loadOutputs(
  connection: Connection,
  runIds: readonly string[],
): Promise<Map<string, NonNullable<Resources['outputs']>>> {
  if (runIds.length === 0) return new Map();
  const rows = await connection
    .selectFrom('pipeline_run_output')
    .select(['pipeline_run_id', 'name', 'artifact_id'])
    .where('pipeline_run_id', 'in', runIds)
    .orderBy('output_index')
    .execute();
  const versions = await loadNestedArtifactVersions(connection, unique(rows.map((row) => row.artifact_id)));
  const outputs = new Map<string, NonNullable<Resources['outputs']>>();
  for (const row of rows) {
    const version = versions.get(row.artifact_id);
    if (version) outputs.set(row.pipeline_run_id, { ...outputs.get(row.pipeline_run_id), [row.name]: version });
  }
  return outputs;
}
