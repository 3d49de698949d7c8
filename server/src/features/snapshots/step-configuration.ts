import type { Model } from '../../contract/operation-types.ts';
import { inCurrentForm } from '../../contract/stored-forms.ts';
import { now } from '../../database/instants.ts';
import { parseExactly } from '../../exact-numbers.ts';
import { isObject } from '../../json.ts';

type Json = Record<string, unknown>;

/** What a pipeline's configuration hands down to its steps (ZenML 0.98.0 config/step_configurations.py). */
const PROPAGATED = ['settings', 'extra', 'retry', 'substitutions', 'environment', 'secrets', 'cache_policy'];
const PROPAGATED_HOOKS = ['failure_hook_source', 'success_hook_source', 'start_hook_source', 'end_hook_source'];

/** What a step inherits, made once per snapshot. */
export interface Inheritance {
  readonly values: Json;
  /** For steps that were stored with their merged configuration: only the substitutions still apply. */
  readonly substitutions: Json;
}

/**
 * What the steps of a pipeline inherit.
 * @param excludeHooks for dynamic pipelines, whose hooks run per run and not per step.
 */
export function inheritanceOf(pipelineConfiguration: Json, excludeHooks: boolean): Inheritance {
  const names = excludeHooks ? PROPAGATED : [...PROPAGATED, ...PROPAGATED_HOOKS];
  const values: Json = {};
  for (const name of names) {
    const value = name === 'settings' ? withoutNullsEach(pipelineConfiguration[name]) : pipelineConfiguration[name];
    if (value !== null && value !== undefined) values[name] = value;
  }
  return { values, substitutions: { substitutions: pipelineConfiguration['substitutions'] ?? {} } };
}

/**
 * A step as an answer shows it, from what is stored: `config` is the step's own configuration merged over what the
 * pipeline hands down. It is stored without, so that a large pipeline configuration is not repeated per step.
 */
export function toStep(stored: string, { values, substitutions }: Inheritance): Model<'Step-Output'> {
  const step = inCurrentForm('Step', parseExactly(stored) as Json);
  const config = step['config'] as Json | undefined;
  const own = step['step_config_overrides'] as Json | undefined;
  const merged = config ? merge(config, substitutions) : merge(own ?? {}, values);
  const overrides = own ?? merged;
  return { ...step, config: merged, step_config_overrides: overrides } as unknown as Model<'Step-Output'>;
}

function merge(own: Json, inherited: Json): Json {
  if (Object.keys(inherited).length === 0) return own;
  const update: Json = {};
  for (const [name, value] of Object.entries(own)) {
    if (name in inherited && value !== null) update[name] = value;
  }
  update['secrets'] = [...listOf(inherited['secrets']), ...listOf(update['secrets'])];
  return updateDeep({ ...own, ...inherited }, update);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Objects are merged; other values replace, unless they are null. */
function updateDeep(original: Json, update: Json): Json {
  const result: Json = { ...original };
  for (const [name, value] of Object.entries(update)) {
    if (value === null) continue;
    result[name] = isObject(value) ? updateDeep(isObject(result[name]) ? result[name] : {}, value) : value;
  }
  return result;
}

/** Settings are models by key: what they leave open does not override. */
function withoutNullsEach(settings: unknown): unknown {
  if (!isObject(settings)) return settings;
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, withoutNulls(value)]));
}

function withoutNulls(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null));
}

/**
 * The substitutions of a run: those of its pipeline and, unless they are given, the date and time of its start.
 * @param startTime database form; now, where the run has not started.
 */
export function finalizeSubstitutions(substitutions: unknown, startTime: string | null): Record<string, string> {
  const [day = '', clock = ''] = (startTime ?? now()).split(' ');
  const [time = '', fraction = '0'] = clock.split('.');
  return {
    date: day.replaceAll('-', '_'),
    time: `${time.replaceAll(':', '_')}_${fraction.padEnd(6, '0')}`,
    ...(substitutions as Record<string, string> | undefined),
  };
}
