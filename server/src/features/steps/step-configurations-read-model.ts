import type { Model } from '../../contract/operation-types.ts';
import { inCurrentForm } from '../../contract/stored-forms.ts';
import type { Connection } from '../../database/database.ts';
import { ApiError } from '../../errors.ts';
import { parseExactly } from '../../exact-numbers.ts';
import { finalizeSubstitutions, type Inheritance, inheritanceOf, toStep } from '../snapshots/step-configuration.ts';
import { inputOverrides } from './step-inputs.ts';

type Step = Model<'Step-Output'>;

/** What identifies the configuration of a step run, database ids. */
export interface ConfiguredStep {
  readonly id: string;
  readonly name: string;
  readonly snapshot_id: string | null;
  readonly pipeline_run_id: string;
  /** Where steps were stored with their whole configuration, before snapshots held it. */
  readonly step_configuration?: string | null;
}

/** Loads the merged configuration of step runs, by the step run's database id. */
export async function loadStepConfigurations(
  connection: Connection,
  steps: readonly ConfiguredStep[],
): Promise<Map<string, Step>> {
  const pipelines = await loadPipelines(connection, steps);
  const texts = await loadTexts(connection, steps);
  return new Map(
    steps.map((step) => {
      const pipeline = pipelines.get(step.pipeline_run_id);
      const text = texts.dynamic.get(step.id) ?? texts.static.get(staticKey(step.snapshot_id, step.name));
      if (pipeline && text)
        return [step.id, withoutOverridden(toStep(text, pipeline.inheritance), step.name, pipeline)];
      if (step.step_configuration) return [step.id, readWhole(step.step_configuration)];
      throw new ApiError('ValueError', `Unable to load the configuration for step \`${step.name}\` from the database.`);
    }),
  );
}

function readWhole(stored: string): Step {
  return inCurrentForm('Step', parseExactly(stored) as Record<string, unknown>) as unknown as Step;
}

/** The pipeline configuration of a run, with what its steps inherit. */
export interface RunPipeline {
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly inheritance: Inheritance;
}

/** By run: two runs of one snapshot differ in the date and time that stand in names. */
async function loadPipelines(
  connection: Connection,
  steps: readonly ConfiguredStep[],
): Promise<Map<string, RunPipeline>> {
  const snapshotIds = [...new Set(steps.flatMap((step) => step.snapshot_id ?? []))];
  const runIds = [...new Set(steps.map((step) => step.pipeline_run_id))];
  if (snapshotIds.length === 0) return new Map();
  const snapshots = await connection
    .selectFrom('pipeline_snapshot')
    .select(['id', 'is_dynamic', 'pipeline_configuration'])
    .where('id', 'in', snapshotIds)
    .execute();
  const runs = await connection
    .selectFrom('pipeline_run')
    .select(['id', 'start_time'])
    .where('id', 'in', runIds)
    .execute();
  const bySnapshot = new Map(snapshots.map((snapshot) => [snapshot.id, snapshot]));
  const startOf = new Map(runs.map((run) => [run.id, run.start_time]));
  const pipelines = new Map<string, RunPipeline>();
  for (const { pipeline_run_id: run, snapshot_id } of steps) {
    const snapshot = bySnapshot.get(snapshot_id ?? '');
    if (snapshot && !pipelines.has(run)) pipelines.set(run, toRunPipeline(snapshot, startOf.get(run) ?? null));
  }
  return pipelines;
}

/** @param startTime of the run, database form. */
export function toRunPipeline(
  snapshot: { pipeline_configuration: string; is_dynamic: number },
  startTime: string | null,
): RunPipeline {
  const stored = inCurrentForm(
    'PipelineConfiguration',
    parseExactly(snapshot.pipeline_configuration) as Record<string, unknown>,
  );
  const substitutions = finalizeSubstitutions(stored['substitutions'], startTime);
  const configuration = { ...stored, substitutions };
  return { configuration, inheritance: inheritanceOf(configuration, snapshot.is_dynamic === 1) };
}

const staticKey = (snapshotId: string | null, name: string) => `${snapshotId} ${name}`;

async function loadTexts(connection: Connection, steps: readonly ConfiguredStep[]) {
  const snapshotIds = [...new Set(steps.flatMap((step) => step.snapshot_id ?? []))];
  const ofSteps = connection
    .selectFrom('step_configuration')
    .select(['step_run_id', 'snapshot_id', 'name', 'config'])
    .where(
      'step_run_id',
      'in',
      steps.map((step) => step.id),
    );
  const ofSnapshots = connection
    .selectFrom('step_configuration')
    .select(['step_run_id', 'snapshot_id', 'name', 'config'])
    .where('snapshot_id', 'in', snapshotIds)
    .where('name', 'in', [...new Set(steps.map((step) => step.name))]);
  const rows = await (snapshotIds.length > 0 ? ofSteps.unionAll(ofSnapshots) : ofSteps).execute();
  const isDynamic = (row: { step_run_id: string | null }) => row.step_run_id !== null;
  return {
    dynamic: new Map(rows.filter(isDynamic).map((row) => [row.step_run_id ?? '', row.config])),
    static: new Map(
      rows.filter((row) => !isDynamic(row)).map((row) => [staticKey(row.snapshot_id, row.name), row.config]),
    ),
  };
}

/** Parameters that a replay has replaced by artifacts are not shown. */
function withoutOverridden(step: Step, invocationId: string, { configuration }: RunPipeline): Step {
  const overrides = inputOverrides(configuration, invocationId, step.config.name);
  if (overrides.size === 0) return step;
  const parameters = Object.entries(step.config.parameters).filter(([name]) => !overrides.has(name));
  return { ...step, config: { ...step.config, parameters: Object.fromEntries(parameters) } };
}
