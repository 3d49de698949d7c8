import { sql } from 'kysely';
import type { Model } from '../../../contract/operation-types.ts';
import type { Connection } from '../../../database/database.ts';
import { ApiError } from '../../../errors.ts';
import { noSuch } from '../../../listing/lister.ts';
import { resolveMetadata } from '../../run-metadata/run-metadata-read-model.ts';
import { finalizeSubstitutions } from '../run-configuration.ts';
import { type ArtifactRow, drawDag, type InputRow, type TimedRow } from './run-dag.ts';
import { type StepView, toStepView } from './step-views.ts';
import { type LoadSnapshotView, loadSubstitutions } from './step-views-cache.ts';

/**
 * Loads the graph of a run (database id).
 * @param metadataKeys which metadata the steps show.
 * @throws ApiError KeyError 404
 */
export async function loadRunDag(
  connection: Connection,
  loadSnapshotView: LoadSnapshotView,
  runId: string,
  metadataKeys: readonly string[],
): Promise<Model<'PipelineRunDAG'>> {
  const run = await selectRun(connection, runId);
  if (!run) throw noSuch('pipeline run', runId);
  if (run.snapshot_id === null) throw new ApiError('RuntimeError', 'The graph of a run without a snapshot is unknown.');
  const stepRuns = new Map((await selectStepRuns(connection, runId)).map((step) => [step.name, step]));
  const view = run.is_dynamic
    ? await loadDynamicView(connection, run.snapshot_id, [...stepRuns.values()])
    : await loadSnapshotView(connection, run.snapshot_id);
  const { inputs, outputs } = await loadArtifacts(connection, stepRuns.size > 0 ? runId : undefined);
  const stepIds = [...stepRuns.values()].map((step) => step.id);
  return drawDag({
    run: { id: runId, status: run.status as Model<'ExecutionStatus'> },
    steps: withSubstitutions(view.steps, finalizeSubstitutions(view.substitutions, run.start_time)),
    stepRuns,
    inputs,
    outputs,
    stepMetadata: await loadStepMetadata(connection, stepIds, metadataKeys),
    triggeredRuns: run.has_triggered_runs ? await loadTriggeredRuns(connection, stepIds) : new Map(),
    childRuns: run.has_child_runs ? await selectChildRuns(connection, runId) : [],
    waitConditions: run.has_wait_conditions ? await selectWaitConditions(connection, runId) : [],
  });
}

/** The run, and whether it has what few runs have, so that only then a statement is sent for it. */
function selectRun(connection: Connection, runId: string) {
  return connection
    .selectFrom('pipeline_run as run')
    .leftJoin('pipeline_snapshot as snapshot', 'snapshot.id', 'run.snapshot_id')
    .select(['run.status', 'run.start_time', 'run.snapshot_id', 'snapshot.is_dynamic'])
    .select([
      sql<number>`exists (select 1 from pipeline_run as child where child.parent_run_id = run.id)`.as('has_child_runs'),
      sql<number>`exists (select 1 from run_wait_condition as wait where wait.run_id = run.id)`.as(
        'has_wait_conditions',
      ),
      sql<number>`exists (select 1 from step_run join pipeline_run as triggered on triggered.triggered_by = step_run.id
        where step_run.pipeline_run_id = run.id and triggered.triggered_by_type = 'step_run')`.as('has_triggered_runs'),
    ])
    .where('run.id', '=', runId)
    .executeTakeFirst();
}

function selectStepRuns(connection: Connection, runId: string) {
  return connection
    .selectFrom('step_run')
    .select(['id', 'name', 'status', 'start_time', 'end_time'])
    .where('pipeline_run_id', '=', runId)
    .where('status', '!=', 'retried')
    .orderBy('start_time')
    .execute();
}

/** A dynamic run's steps are those that have begun: what its snapshot holds are only templates of steps. */
async function loadDynamicView(connection: Connection, snapshotId: string, stepRuns: readonly TimedRow[]) {
  const substitutions = await loadSubstitutions(connection, snapshotId);
  if (stepRuns.length === 0) return { steps: [], substitutions };
  const ids = stepRuns.map((step) => step.id);
  const rows = await connection
    .selectFrom('step_configuration')
    .select(['step_run_id', 'config'])
    .where('step_run_id', 'in', ids)
    .execute();
  const configs = new Map(rows.map((row) => [row.step_run_id, row.config]));
  const steps = stepRuns.flatMap((step) => {
    const config = configs.get(step.id);
    return config === undefined ? [] : [toStepView(step.name, config)];
  });
  return { steps, substitutions };
}

function withSubstitutions(steps: readonly StepView[], substitutions: Readonly<Record<string, string>>) {
  return new Map(
    steps.map((step) => [step.name, { ...step, substitutions: { ...substitutions, ...step.substitutions } }]),
  );
}

/** Inputs and outputs of a run's steps, by step, in one statement. */
async function loadArtifacts(connection: Connection, runId: string | undefined) {
  const inputs = new Map<string, InputRow[]>();
  const outputs = new Map<string, ArtifactRow[]>();
  if (runId === undefined) return { inputs, outputs };
  const { rows } = await sql<InputRow & { is_input: number }>`
    select link.step_id, link.name, link.artifact_id, version.type as artifact_type, version.data_type, version.save_type,
      link.type, link.input_index, link.chunk_index, link.chunk_size, 1 as is_input
    from step_run join step_run_input_artifact as link on link.step_id = step_run.id
    join artifact_version as version on version.id = link.artifact_id
    where step_run.pipeline_run_id = ${runId} and step_run.status != 'retried'
    union all
    select link.step_id, link.name, link.artifact_id, version.type, version.data_type, version.save_type,
      '', 0, null, null, 0
    from step_run join step_run_output_artifact as link on link.step_id = step_run.id
    join artifact_version as version on version.id = link.artifact_id
    where step_run.pipeline_run_id = ${runId} and step_run.status != 'retried'
    order by is_input desc, if(is_input, name, ''), input_index, artifact_id`.execute(connection);
  for (const { is_input, ...row } of rows) {
    const target: Map<string, ArtifactRow[]> = is_input ? (inputs as Map<string, ArtifactRow[]>) : outputs;
    const ofStep = target.get(row.step_id);
    if (ofStep) ofStep.push(row);
    else target.set(row.step_id, [row]);
  }
  return { inputs, outputs };
}

async function loadStepMetadata(connection: Connection, stepIds: readonly string[], keys: readonly string[]) {
  if (stepIds.length === 0 || keys.length === 0) return new Map();
  const entries = await connection
    .selectFrom('run_metadata_resource')
    .innerJoin('run_metadata', 'run_metadata.id', 'run_metadata_resource.run_metadata_id')
    .select(['run_metadata_resource.resource_id', 'run_metadata.key', 'run_metadata.value'])
    .where('run_metadata_resource.resource_id', 'in', stepIds)
    .where('run_metadata_resource.resource_type', '=', 'step_run')
    .where('run_metadata.key', 'in', keys)
    .orderBy('run_metadata.created')
    .orderBy('run_metadata.id')
    .execute();
  return resolveMetadata(entries);
}

async function loadTriggeredRuns(connection: Connection, stepIds: readonly string[]) {
  const triggered = new Map<string, (TimedRow & { index: number })[]>();
  if (stepIds.length === 0) return triggered;
  const rows = await connection
    .selectFrom('pipeline_run')
    .select(['id', 'name', 'status', 'start_time', 'end_time', 'index', 'triggered_by'])
    .where('triggered_by', 'in', stepIds)
    .where('triggered_by_type', '=', 'step_run')
    .orderBy('created')
    .execute();
  for (const { triggered_by, ...run } of rows) {
    const key = triggered_by ?? '';
    triggered.set(key, [...(triggered.get(key) ?? []), run]);
  }
  return triggered;
}

function selectChildRuns(connection: Connection, runId: string) {
  return connection
    .selectFrom('pipeline_run')
    .select(['id', 'name', 'status', 'start_time', 'end_time'])
    .where('parent_run_id', '=', runId)
    .orderBy('child_key')
    .execute();
}

function selectWaitConditions(connection: Connection, runId: string) {
  return connection
    .selectFrom('run_wait_condition')
    .select(['id', 'name', 'status', 'type', 'created', 'resolution', 'question', 'resolved_at'])
    .where('run_id', '=', runId)
    .orderBy('created', 'desc')
    .execute();
}
