import { isDeepStrictEqual } from 'node:util';
import { type JsonMembers, readMembers, writeMembers } from '../../json-members.ts';
import type { ConfigurableSnapshot } from './configurable-snapshot.ts';

/** How a field's stored text is shown; undefined where it says no more than its default. */
type Print = (text: string) => string | undefined;

/** A value as it is, unless it is the default or null. */
const value =
  (standard: unknown): Print =>
  (text) =>
    text === 'null' || isDeepStrictEqual(JSON.parse(text), standard) ? undefined : text;

/** Stored objects show the fields that they are given, and of these what differs from its default. */
const fields =
  (prints: Readonly<Record<string, Print>>): Print =>
  (text) => {
    const members = readMembers(text);
    return members && writeMembers(printed(members, prints));
  };

function printed(members: JsonMembers, prints: Readonly<Record<string, Print>>): Map<string, string> {
  const shown = new Map<string, string>();
  for (const [name, print] of Object.entries(prints)) {
    const text = members.get(name);
    const shownText = text === undefined ? undefined : print(text);
    if (shownText !== undefined) shown.set(name, shownText);
  }
  return shown;
}

/** Each item of a list. */
const items =
  (print: Print): Print =>
  (text) => {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? `[${list.map((item) => print(JSON.stringify(item)) ?? 'null').join(',')}]` : undefined;
  };

const open = value(null);
const always: Print = (text) => text;

/** A class or function, by its import path. */
const importPath: Print = (text) => {
  const source: unknown = JSON.parse(text);
  if (typeof source === 'string') return JSON.stringify(source.split('@', 1)[0]);
  const { module, attribute } = (source ?? {}) as { module?: string; attribute?: string | null };
  return module === undefined ? undefined : JSON.stringify(attribute ? `${module}.${attribute}` : module);
};

/** A class or function in full; older clients wrote import paths. */
const source: Print = (text) => {
  if (!text.startsWith('"')) return withoutNulls(text);
  const [path = ''] = (JSON.parse(text) as string).split('@', 1);
  const dot = path.lastIndexOf('.');
  const parts = dot < 0 ? { module: path } : { module: path.slice(0, dot), attribute: path.slice(dot + 1) };
  return JSON.stringify({ ...parts, type: 'unknown' });
};

function withoutNulls(text: string): string | undefined {
  const members = readMembers(text);
  return members && writeMembers(new Map(Array.from(members).filter(([, member]) => member !== 'null')));
}

/** What is built into the image cannot be overridden. */
const settings: Print = (text) => {
  const members = readMembers(text);
  if (!members || members.size === 0) return undefined;
  members.delete('docker');
  return writeMembers(new Map(Array.from(members, ([key, setting]) => [key, withoutNulls(setting) ?? setting])));
};

const modelFields = fields({
  name: always,
  license: open,
  description: open,
  audience: open,
  use_cases: open,
  limitations: open,
  trade_offs: open,
  ethics: open,
  tags: open,
  version: open,
  save_models_to_registry: value(true),
  model_version_id: open,
  suppress_class_validation_warnings: always,
});

/** A model that was read is a checked one, whatever its writer said. */
const model: Print = (text) => {
  const members = readMembers(text);
  return members && modelFields(writeMembers(members.set('suppress_class_validation_warnings', 'true')));
};

const retry = fields({ max_retries: value(1), delay: value(0), backoff: value(0) });

const cachePolicy: Print = (text) => (text.startsWith('"') ? '{}' : cachePolicyFields(text));

const cachePolicyFields = fields({
  include_step_code: value(true),
  include_step_parameters: value(true),
  include_artifact_values: value(true),
  include_artifact_ids: value(true),
  ignored_inputs: open,
  file_dependencies: open,
  source_dependencies: items(source),
  cache_func: source,
  expires_after: open,
});

const group = fields({ id: always, name: open, type: value('manual') });
const tagFields = fields({ name: always, color: open, exclusive: open, cascade: open });
const tag: Print = (text) => (text.startsWith('"') ? text : tagFields(text));

/** Fields that steps and pipelines have alike. */
const COMMON: Readonly<Record<string, Print>> = {
  enable_cache: open,
  enable_artifact_metadata: open,
  enable_artifact_visualization: open,
  enable_step_logs: open,
  settings,
  environment: value({}),
  secrets: value([]),
  extra: value({}),
  failure_hook_source: importPath,
  success_hook_source: importPath,
  start_hook_source: importPath,
  end_hook_source: importPath,
  model,
  retry,
  substitutions: value({}),
};

const STEP: Readonly<Record<string, Print>> = {
  ...COMMON,
  step_operator: open,
  experiment_tracker: open,
  parameters: value({}),
  cache_policy: (text) => [cachePolicy(text)].find((policy) => policy !== '{}'),
  runtime: open,
  heartbeat_healthy_threshold: value(30),
  group,
};

/** A pipeline has no cache policy unless it is given one, so that the usual one is shown, too. */
const PIPELINE: Readonly<Record<string, Print>> = {
  ...COMMON,
  enable_pipeline_logs: open,
  enable_heartbeat: open,
  execution_mode: value('continue_on_failure'),
  tags: items(tag),
  init_hook_source: importPath,
  init_hook_kwargs: open,
  cleanup_hook_source: importPath,
  pause_hook_source: importPath,
  resume_hook_source: importPath,
  cache_policy: cachePolicy,
};

/** What only the run of a dynamic pipeline can be given: static ones have their parameters in the steps. */
const DYNAMIC_PIPELINE: Readonly<Record<string, Print>> = { ...PIPELINE, parameters: open };

/** The run configuration that a snapshot has and that its runs may override (ZenML 0.98.0 zen_stores/template_utils.py). */
export function configTemplate(snapshot: ConfigurableSnapshot): string {
  const steps = snapshot.steps.map(({ name, overrides }) => [name, writeMembers(printed(overrides, STEP))] as const);
  const pipeline = readMembers(snapshot.pipelineConfiguration) ?? new Map<string, string>();
  return writeMembers(
    new Map([
      ['run_name', JSON.stringify(snapshot.runNameTemplate)],
      ['steps', writeMembers(new Map(steps))],
      ...printed(pipeline, snapshot.isDynamic ? DYNAMIC_PIPELINE : PIPELINE),
    ]),
  );
}
