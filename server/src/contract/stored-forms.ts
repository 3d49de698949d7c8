import { parseExactly } from '../exact-numbers.ts';
import { createFormExpansion } from './accepted-forms.ts';
import { createCompletion } from './completion.ts';
import { type ContractDocument, readContract } from './document.ts';

/** Configurations that are stored as JSON, by the name of their schema. */
type Configuration = 'PipelineConfiguration' | 'Step';

type Json = Record<string, unknown>;

interface Forms {
  readonly toCurrent: (configuration: Configuration, value: Json) => Json;
  /** By the name of a schema, without `-Output`. */
  readonly membersOf: (schema: string) => readonly string[];
}

let known: Forms | undefined;
const forms = () => {
  known ??= createForms(readContract());
  return known;
};

/**
 * A stored configuration as this release stores it. Releases before it, whose rows a migrated database holds, knew fewer
 * members and other names for some: those get their defaults, as where the reference reads them.
 * @returns the value itself where it is current, as nearly all are; otherwise a new one, made of its parts
 */
export function inCurrentForm(configuration: Configuration, value: Json): Json {
  const isCurrent = configuration === 'Step' ? isCurrentStep(value) : hasPipelineMembers((name) => name in value);
  return isCurrent ? value : forms().toCurrent(configuration, value);
}

/** {@link inCurrentForm} for JSON text. */
export function textInCurrentForm(configuration: Configuration, text: string): string {
  const value = parseExactly(text) as Json;
  const current = inCurrentForm(configuration, value);
  return current === value ? text : JSON.stringify(current);
}

/** Whether a pipeline's configuration has all members that this release knows. */
export function hasPipelineMembers(has: (name: string) => boolean): boolean {
  return forms().membersOf('PipelineConfiguration').every(has);
}

function isCurrentStep({ spec, config, step_config_overrides: own }: Json): boolean {
  return hasAll(spec, 'StepSpec') && hasAll(own ?? config, 'StepConfiguration');
}

function hasAll(value: unknown, schema: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    forms()
      .membersOf(schema)
      .every((name) => name in value)
  );
}

function createForms(document: ContractDocument): Forms {
  const complete = createCompletion(document);
  const expansionFor = createFormExpansion(document);
  const members = new Map(
    ['PipelineConfiguration', 'StepSpec', 'StepConfiguration'].map((name) => {
      const properties = document.components.schemas[`${name}-Output`]?.properties;
      return [name, Object.keys(properties ?? {})];
    }),
  );
  return {
    membersOf: (schema) => members.get(schema) ?? [],
    toCurrent: (configuration, value) => {
      const expand = expansionFor({ pointer: `#/components/schemas/${configuration}-Input` });
      return complete(`${configuration}-Output`, expand(value) as Json);
    },
  };
}
