import type { Model } from '../../../contract/operation-types.ts';

/** Where an input of a step comes from. */
export interface InputSource {
  readonly step_name: string;
  readonly output_name: string;
  readonly chunk_index: number | null;
  readonly chunk_size: number | null;
}

/** What a graph shows of a step's configuration; the rest, up to megabytes, is let go. */
export interface StepView {
  readonly name: string;
  readonly upstreamSteps: readonly string[];
  readonly inputs: ReadonlyMap<string, readonly InputSource[]>;
  readonly type: string | null;
  readonly group: { id: string; name: string | null; type: string } | null;
  readonly substitutions: Readonly<Record<string, string>>;
  /** Names, some of them templates. */
  readonly outputs: readonly string[];
  readonly lazyInputs: readonly string[];
  readonly externalInputs: readonly string[];
}

interface StoredConfig {
  readonly step_type?: string | null;
  readonly group?: { id: string; name?: string | null; type?: string } | null;
  readonly substitutions?: Readonly<Record<string, string>> | null;
  readonly outputs?: object;
  readonly client_lazy_loaders?: object;
  readonly model_artifacts_or_metadata?: object;
  readonly external_input_artifacts?: object;
}

type StoredInput = Model<'InputSpec'>;

interface StoredStep {
  readonly spec: {
    readonly upstream_steps: readonly string[];
    readonly inputs?: Readonly<Record<string, StoredInput | readonly StoredInput[]>>;
  };
  /** Where a step was stored with what it inherits from its pipeline. */
  readonly config?: StoredConfig;
  readonly step_config_overrides?: StoredConfig;
}

/** @param stored a step's configuration as JSON text. */
export function toStepView(name: string, stored: string): StepView {
  const { spec, config: merged, step_config_overrides } = JSON.parse(stored) as StoredStep;
  const config = merged ?? step_config_overrides ?? {};
  const { group } = config;
  return {
    name,
    upstreamSteps: spec.upstream_steps,
    inputs: new Map(Object.entries(spec.inputs ?? {}).map(([input, sources]) => [input, toInputSources(sources)])),
    type: config.step_type ?? null,
    group: group ? { id: group.id, name: group.name ?? null, type: group.type ?? 'manual' } : null,
    substitutions: config.substitutions ?? {},
    outputs: Object.keys(config.outputs ?? {}),
    lazyInputs: [
      ...Object.keys(config.client_lazy_loaders ?? {}),
      ...Object.keys(config.model_artifacts_or_metadata ?? {}),
    ],
    externalInputs: Object.keys(config.external_input_artifacts ?? {}),
  };
}

function toInputSources(sources: StoredInput | readonly StoredInput[]): InputSource[] {
  return [sources].flat().map((source) => ({
    step_name: source.step_name,
    output_name: source.output_name,
    chunk_index: source.chunk_index ?? null,
    chunk_size: source.chunk_size ?? null,
  }));
}

/** Orders steps so that each comes behind those it waits for, level by level, as Python's `graphlib` does. */
export function inDependencyOrder(steps: ReadonlyMap<string, StepView>): StepView[] {
  const waiting = new Map<string, number>();
  const successors = new Map<string, StepView[]>();
  // The order within a level is that in which steps are first named, by themselves or as another's upstream step.
  const named = new Set<string>();
  for (const step of steps.values()) {
    const upstream = step.upstreamSteps.filter((name) => steps.has(name));
    waiting.set(step.name, upstream.length);
    for (const name of [step.name, ...upstream]) named.add(name);
    for (const name of upstream) successors.set(name, [...(successors.get(name) ?? []), step]);
  }
  const ordered = [...named].filter((name) => waiting.get(name) === 0).flatMap((name) => steps.get(name) ?? []);
  for (const step of ordered) {
    for (const successor of successors.get(step.name) ?? []) {
      const left = (waiting.get(successor.name) ?? 0) - 1;
      waiting.set(successor.name, left);
      if (left === 0) ordered.push(successor);
    }
  }
  return ordered;
}
