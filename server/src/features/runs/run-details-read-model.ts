import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toNullableApiInstant } from '../../database/instants.ts';
import { ApiError } from '../../errors.ts';
import { rawJson, rawJsonOr } from '../../raw-json.ts';
import { loadRunMetadata, type RunMetadata } from '../run-metadata/run-metadata-read-model.ts';
import { toEnvironment, toRunConfiguration } from './run-configuration.ts';
import type { RunRow } from './run-rows-read-model.ts';

/** What a client may ask for besides a run's depth. */
export interface RunDetailOptions {
  /** Adds the metadata of the steps (`step::key`) and of the schedule (`schedule:key`). */
  readonly fullMetadata?: boolean | undefined;
  /** Leaves the list of Python packages in the environments. */
  readonly pythonPackages?: boolean | undefined;
}

/** Loads the metadata part of runs; the result gives that of one run. */
export async function loadRunDetails(
  connection: Connection,
  rows: readonly RunRow[],
  options: RunDetailOptions,
): Promise<(row: RunRow) => Model<'PipelineRunResponseMetadata'>> {
  const ids = rows.map((row) => row.id);
  const texts = new Map((await selectTexts(connection, ids)).map((text) => [text.id, text]));
  const runMetadata = await loadRunMetadata(connection, 'pipeline_run', ids);
  const more = options.fullMetadata ? await loadRelatedMetadata(connection, rows) : undefined;
  return (row) => {
    const text = texts.get(row.id);
    if (!text?.configuration) {
      throw new ApiError(
        'RuntimeError',
        `Pipeline run ${fromDatabaseId(row.id)} has neither snapshot nor configuration.`,
      );
    }
    return {
      run_metadata: { ...runMetadata.get(row.id), ...more?.get(row.id) },
      config: toRunConfiguration(text.configuration, row.start_time),
      start_time: toNullableApiInstant(row.start_time),
      end_time: toNullableApiInstant(row.end_time),
      client_environment: toEnvironment(text.client_environment, options.pythonPackages ?? false),
      orchestrator_environment: toEnvironment(text.orchestrator_environment, options.pythonPackages ?? false),
      orchestrator_run_id: row.orchestrator_run_id,
      code_path: text.code_path,
      template_id: fromNullableId(text.template_id),
      is_templatable: text.is_local === 0 && text.build_stack_id !== null,
      trigger_info: toTriggerInfo(row),
      enable_heartbeat: row.enable_heartbeat === 1,
      exception_info: text.exception_info ? rawJson(text.exception_info) : null,
      trigger_execution_info: rawJsonOr(text.trigger_execution_info || null, null),
    };
  };
}

/** The large texts of runs, or of their snapshots. */
function selectTexts(connection: Connection, ids: readonly string[]) {
  return connection
    .selectFrom('pipeline_run as run')
    .leftJoin('pipeline_snapshot as snapshot', 'snapshot.id', 'run.snapshot_id')
    .leftJoin('pipeline_build as build', 'build.id', 'snapshot.build_id')
    .select(['run.id', 'run.orchestrator_environment', 'run.exception_info', 'snapshot.code_path'])
    .select(['snapshot.template_id', 'build.is_local', 'build.stack_id as build_stack_id'])
    .select((text) => [
      text.fn.coalesce('snapshot.pipeline_configuration', 'run.pipeline_configuration').as('configuration'),
      text.fn.coalesce('snapshot.client_environment', 'run.client_environment').as('client_environment'),
      text
        .selectFrom('trigger_execution')
        .select('trigger_execution.info')
        .whereRef('trigger_execution.pipeline_run_id', '=', 'run.id')
        .limit(1)
        .as('trigger_execution_info'),
    ])
    .where('run.id', 'in', ids)
    .execute();
}

function toTriggerInfo({ triggered_by, triggered_by_type }: RunRow): Model<'PipelineRunTriggerInfo'> | null {
  if (!triggered_by) return null;
  if (triggered_by_type === 'step_run') return { step_run_id: fromDatabaseId(triggered_by), deployment_id: null };
  if (triggered_by_type === 'deployment') return { step_run_id: null, deployment_id: fromDatabaseId(triggered_by) };
  return null;
}

async function loadRelatedMetadata(connection: Connection, rows: readonly RunRow[]): Promise<Map<string, RunMetadata>> {
  const ids = rows.map((row) => row.id);
  const steps = await connection
    .selectFrom('step_run')
    .select(['id', 'name', 'pipeline_run_id'])
    .where('pipeline_run_id', 'in', ids)
    .orderBy('start_time')
    .execute();
  const ofSteps = await loadRunMetadata(
    connection,
    'step_run',
    steps.map((step) => step.id),
  );
  const related = new Map<string, RunMetadata>(ids.map((id) => [id, {}]));
  for (const step of steps) {
    Object.assign(related.get(step.pipeline_run_id) ?? {}, prefixed(`${step.name}::`, ofSteps.get(step.id)));
  }
  const scheduleIds = new Set(rows.flatMap((row) => (row.snapshot_id && row.schedule_id) ?? []));
  const ofSchedules = await loadRunMetadata(connection, 'schedule', [...scheduleIds]);
  for (const row of rows) {
    const ofSchedule = row.snapshot_id ? ofSchedules.get(row.schedule_id ?? '') : undefined;
    Object.assign(related.get(row.id) ?? {}, prefixed('schedule:', ofSchedule));
  }
  return related;
}

function prefixed(prefix: string, metadata: RunMetadata = {}): RunMetadata {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`${prefix}${key}`, value]));
}
