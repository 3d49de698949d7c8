import { isObject, type Json } from '../../json.ts';
import { withoutNulls } from './json-update.ts';

/**
 * What a run configuration may change of a pipeline's configuration (ZenML 0.98.0: the fields that
 * PipelineConfiguration and ReplayRunConfiguration share). Parameters are those of dynamic pipelines only.
 */
const PIPELINE_FIELDS = [
  'enable_cache',
  'enable_artifact_metadata',
  'enable_artifact_visualization',
  'enable_step_logs',
  'enable_heartbeat',
  'environment',
  'secrets',
  'enable_pipeline_logs',
  'execution_mode',
  'settings',
  'tags',
  'extra',
  'failure_hook_source',
  'success_hook_source',
  'start_hook_source',
  'end_hook_source',
  'pause_hook_source',
  'resume_hook_source',
  'init_hook_source',
  'init_hook_kwargs',
  'cleanup_hook_source',
  'model',
  'parameters',
  'retry',
  'substitutions',
  'cache_policy',
  'steps_to_skip',
  'skip_successful_steps',
  'step_input_overrides',
  'step_default_input_overrides',
] as const;

/** What a run configuration may change of a step's (ZenML 0.98.0 StepConfigurationUpdate). */
const STEP_FIELDS = [
  'enable_cache',
  'enable_artifact_metadata',
  'enable_artifact_visualization',
  'enable_step_logs',
  'step_operator',
  'experiment_tracker',
  'parameters',
  'settings',
  'environment',
  'secrets',
  'extra',
  'failure_hook_source',
  'success_hook_source',
  'start_hook_source',
  'end_hook_source',
  'model',
  'retry',
  'substitutions',
  'cache_policy',
  'runtime',
  'heartbeat_healthy_threshold',
  'group',
  'outputs',
] as const;

/** Fields that are models of their own: what they leave open does not override. */
const MODELS: readonly string[] = ['retry', 'cache_policy', 'group'];
/** Fields that are models by key. */
const MODELS_BY_KEY: readonly string[] = ['settings', 'outputs'];

/** What a run configuration changes of the pipeline's. @param parameters whether those of the pipeline are among it */
export function pipelineUpdateOf(configuration: Json, parameters: boolean): Json {
  const update = pick(configuration, PIPELINE_FIELDS);
  if (parameters) return update;
  const { parameters: _left, ...rest } = update;
  return rest;
}

/** What the part of a run configuration that is for one step changes of the step's. */
export function stepUpdateOf(configuration: Json): Json {
  return pick(configuration, STEP_FIELDS);
}

function pick(configuration: Json, fields: readonly string[]): Json {
  const update: Record<string, unknown> = {};
  for (const field of fields) {
    const value = configuration[field];
    if (value !== null && value !== undefined) update[field] = toStored(field, value);
  }
  return update;
}

function toStored(field: string, value: unknown): unknown {
  if (field.endsWith('_hook_source')) return typeof value === 'string' ? sourceOf(value) : value;
  if (field === 'cache_policy' && typeof value === 'string') return DEFAULT_CACHE_POLICY;
  // What the SDK sets in every model that it reads, so that it warns once.
  if (field === 'model' && isObject(value)) return { ...withoutNulls(value), suppress_class_validation_warnings: true };
  if (MODELS.includes(field)) return isObject(value) ? withoutNulls(value) : value;
  if (!MODELS_BY_KEY.includes(field) || !isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, isObject(item) ? withoutNulls(item) : item]),
  );
}

/** The only cache policy that has a name: `default`. */
const DEFAULT_CACHE_POLICY: Json = {
  include_step_code: true,
  include_step_parameters: true,
  include_artifact_values: true,
  include_artifact_ids: true,
};

/** An import path as ZenML stores it; older clients pinned its version behind an `@`. */
function sourceOf(importPath: string): Json {
  const [path = ''] = importPath.split('@', 1);
  const dot = path.lastIndexOf('.');
  if (dot < 0) return { module: path, attribute: null, type: 'unknown' };
  return { module: path.slice(0, dot), attribute: path.slice(dot + 1), type: 'unknown' };
}
