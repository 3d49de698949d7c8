import { valueError } from '../../errors.ts';
import { isObject, type Json } from '../../json.ts';
import { updateDeep } from './json-update.ts';
import { pipelineUpdateOf, stepUpdateOf } from './run-configuration-update.ts';
import type { RunComponent, SnapshotContents } from './run-source-read-model.ts';
import { normalizeSettingKeys, settingKeyOf } from './setting-keys.ts';

/** What the snapshot of a run is derived from. */
export interface Derivation {
  readonly contents: SnapshotContents;
  readonly isDynamic: boolean;
  /** Those of the snapshot's stack, which the run configuration speaks of. */
  readonly components: readonly RunComponent[];
  /** Those of the build's stack, which the run is started on: it may be another one by now. */
  readonly buildComponents: readonly RunComponent[];
  /** Whether the images' ZenML knows components in settings by their flavor only. */
  readonly byFlavor: boolean;
  /** The run configuration as the client sent it. */
  readonly configuration: Json;
  /** Ids (API form) of the secrets that the configuration names, by what it calls them. */
  readonly secretIds: ReadonlyMap<string, string>;
  /** Whether the orchestrator can be told not to wait for the end of the run. */
  readonly orchestratorCanWait: boolean;
}

/** The configurations of a derived snapshot. */
export interface DerivedConfigurations {
  readonly runNameTemplate: string;
  readonly pipelineConfiguration: Json;
  readonly pipelineSpec: Json | null;
  /** As steps are stored: without the configuration that is merged with the pipeline's. */
  readonly steps: readonly (readonly [name: string, step: Json])[];
}

/**
 * Lays a run configuration over a snapshot (ZenML 0.98.0 snapshot_request_from_source_snapshot).
 * @throws ApiError ValueError 400 for parameters that a step does not have or misses, and settings that fit no component
 */
export function deriveConfigurations(derivation: Derivation): DerivedConfigurations {
  const { contents, configuration, isDynamic } = derivation;
  const update = pipelineUpdateOf(withNamedSettings(configuration, derivation), isDynamic);
  const merged = updateDeep(contents.pipelineConfiguration, withSecretIds(update, derivation.secretIds));
  const parameters = merged['parameters'];
  const hasParameters = isObject(parameters) && Object.keys(parameters).length > 0;
  const { run_name: runName } = configuration;
  return {
    runNameTemplate: typeof runName === 'string' && runName !== '' ? runName : contents.runNameTemplate,
    pipelineConfiguration: withoutWaiting(merged, derivation),
    pipelineSpec:
      contents.pipelineSpec && hasParameters ? { ...contents.pipelineSpec, parameters } : contents.pipelineSpec,
    steps: contents.steps.map(({ name, step }) => [name, deriveStep(name, step, derivation)] as const),
  };
}

function deriveStep(name: string, step: Json, derivation: Derivation): Json {
  const { steps } = derivation.configuration;
  const given = isObject(steps) ? steps[name] : undefined;
  const stored = step['step_config_overrides'] ?? step['config'];
  const own = isObject(stored) ? stored : {};
  const update = isObject(given) ? stepUpdateOf(withNamedSettings(given, derivation)) : {};
  const changed = updateDeep(own, withSecretIds(update, derivation.secretIds));
  const full = isObject(step['config']) ? step['config'] : own;
  checkParameters(name, namesIn(full['parameters']), namesIn(changed['parameters']));
  return { spec: step['spec'], step_config_overrides: changed };
}

function checkParameters(step: string, required: readonly string[], configured: readonly string[]): void {
  const unknown = configured.filter((name) => !required.includes(name));
  if (unknown.length > 0) {
    throw valueError(
      `Run configuration contains the following unknown parameters for step ${step}: ${pythonSet(unknown)}.`,
    );
  }
  const missing = required.filter((name) => !configured.includes(name));
  if (missing.length > 0) {
    throw valueError(
      `Run configuration is missing the following required parameters for step ${step}: ${pythonSet(missing)}.`,
    );
  }
}

function namesIn(value: unknown): readonly string[] {
  return isObject(value) ? Object.keys(value) : [];
}

/** Names as Python prints a set of them; in order, which Python leaves to chance. */
function pythonSet(names: readonly string[]): string {
  return `{${[...names]
    .sort()
    .map((name) => `'${name}'`)
    .join(', ')}}`;
}

function withNamedSettings(configuration: Json, { components, byFlavor }: Derivation): Json {
  const { settings } = configuration;
  if (!isObject(settings)) return configuration;
  return { ...configuration, settings: normalizeSettingKeys(settings, components, byFlavor) };
}

function withSecretIds(update: Json, ids: ReadonlyMap<string, string>): Json {
  const { secrets } = update;
  if (!Array.isArray(secrets)) return update;
  return { ...update, secrets: secrets.map((secret: unknown) => ids.get(String(secret)) ?? secret) };
}

/** The secrets that a run configuration names, by name or id. */
export function secretsIn(configuration: Json): readonly string[] {
  const { secrets, steps } = configuration;
  const ofSteps = isObject(steps) ? Object.values(steps).map((step) => (isObject(step) ? step['secrets'] : [])) : [];
  return [...new Set([secrets, ...ofSteps].flatMap((names) => (Array.isArray(names) ? names.map(String) : [])))];
}

/** A runner only starts a run: it must not wait until the orchestrator is done. */
function withoutWaiting(pipelineConfiguration: Json, derivation: Derivation): Json {
  const { buildComponents, byFlavor, orchestratorCanWait } = derivation;
  const orchestrator = buildComponents.find(({ type }) => type === 'orchestrator');
  if (!orchestrator || !orchestratorCanWait) return pipelineConfiguration;
  const given = pipelineConfiguration['settings'];
  const settings = normalizeSettingKeys(isObject(given) ? given : {}, buildComponents, byFlavor);
  const key = settingKeyOf(orchestrator, byFlavor);
  const own = settings[key];
  return {
    ...pipelineConfiguration,
    settings: { ...settings, [key]: { ...(isObject(own) ? own : {}), synchronous: false } },
  };
}
