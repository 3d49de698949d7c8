import type { Model } from '../../contract/operation-types.ts';

/** How an artifact came into a step. */
export type InputType = Model<'StepRunInputArtifactType'>;

type Step = Model<'Step-Output'>;

/** One input of a step, as it is stored with the artifact. */
export interface StepInput {
  readonly type: InputType;
  /** Its place among the artifacts of the same name. */
  readonly index: number;
  readonly chunkIndex: number | null;
  readonly chunkSize: number | null;
}

/**
 * Classifies the artifact that a new step reports for one of its inputs (ZenML 0.98.0
 * `_get_step_run_input_type_from_config`).
 * @param position its place among the artifacts of this input.
 * @param overrides names of inputs that a replay has replaced.
 */
export function classifyInput(step: Step, overrides: ReadonlySet<string>, name: string, position: number): StepInput {
  const plain = (type: InputType): StepInput => ({ type, index: 0, chunkIndex: null, chunkSize: null });
  if (overrides.has(name)) return plain('override');
  const specs = step.spec.inputs[name];
  if (specs) {
    const spec = Array.isArray(specs) ? specs[position] : specs;
    const { chunk_index: chunkIndex = null, chunk_size: chunkSize = null } = spec ?? {};
    return { type: 'step_output', index: position, chunkIndex, chunkSize };
  }
  if (name in step.config.external_input_artifacts) return plain('external');
  const lazy = name in step.config.model_artifacts_or_metadata || name in step.config.client_lazy_loaders;
  return plain(lazy ? 'lazy' : 'manual');
}

/** The inputs of a step that a replay's configuration replaces. */
export function inputOverrides(
  pipelineConfiguration: Readonly<Record<string, unknown>>,
  invocationId: string,
  stepName: string,
): ReadonlySet<string> {
  const of = (key: string, name: string) => {
    const byStep = pipelineConfiguration[key] as Record<string, Record<string, string>> | undefined;
    return Object.keys(byStep?.[name] ?? {});
  };
  return new Set([...of('step_default_input_overrides', stepName), ...of('step_input_overrides', invocationId)]);
}
