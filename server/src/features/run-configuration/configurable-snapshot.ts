import { parseExactly } from '../../exact-numbers.ts';
import { type JsonMembers, readMembers } from '../../json-members.ts';
import { inheritanceOf, toStep } from '../snapshots/step-configuration.ts';

/** What the form of a run's configuration follows from. Texts are JSON as it is stored. */
export interface ConfigurableSnapshot {
  readonly runNameTemplate: string;
  readonly isDynamic: boolean;
  readonly pipelineConfiguration: string;
  readonly steps: readonly ConfigurableStep[];
  /** Of the stack that the snapshot's image was built for. */
  readonly components: readonly ConfigurableComponent[];
}

/** A step of a snapshot. */
export interface ConfigurableStep {
  readonly name: string;
  /** The step's own configuration, without what it inherits from the pipeline. */
  readonly overrides: JsonMembers;
  readonly parameters: readonly string[];
  /** JSON schema of the parameters as the client derived it from their types; older clients give none. */
  readonly parameterSpec: JsonMembers;
}

/** A component of a stack. */
export interface ConfigurableComponent {
  readonly type: string;
  readonly name: string;
  readonly flavor: string;
  /** Settings of custom flavors only their own code knows. */
  readonly isCustom: boolean;
}

/** Reads a step from what is stored. @param pipelineConfiguration of its snapshot, JSON */
export function toConfigurableStep(
  name: string,
  stored: string,
  pipelineConfiguration: string,
  isDynamic: boolean,
): ConfigurableStep {
  const step = readMembers(stored) ?? new Map<string, string>();
  const overrides = step.get('step_config_overrides') ?? legacyOverrides(stored, pipelineConfiguration, isDynamic);
  const configuration = step.get('config') ?? overrides;
  return {
    name,
    overrides: members(overrides),
    parameters: [...members(members(configuration).get('parameters')).keys()],
    parameterSpec: members(members(step.get('spec')).get('parameter_spec')),
  };
}

/** Clients of old stored only the merged configuration, which then counts as the step's own. */
function legacyOverrides(stored: string, pipelineConfiguration: string, isDynamic: boolean): string {
  const inheritance = inheritanceOf(parseExactly(pipelineConfiguration) as Record<string, unknown>, isDynamic);
  return JSON.stringify(toStep(stored, inheritance).step_config_overrides);
}

function members(json: string | undefined): JsonMembers {
  return (json && readMembers(json)) || new Map<string, string>();
}
