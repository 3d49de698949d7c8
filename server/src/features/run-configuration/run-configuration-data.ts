import { readFileSync } from 'node:fs';
import { type JsonMembers, readMembers } from '../../json-members.ts';

/**
 * What ZenML 0.98.0 lets a run override, as JSON schemas by name. They are texts, so that `1.0` does not become `1`.
 * References are `#/$defs/<full name of the Python class>`.
 */
export interface RunConfigurationData {
  /** The fields of a step that every stack has. */
  readonly step: JsonMembers;
  /** The fields of a run that every stack has. */
  readonly run: JsonMembers;
  /** By kind of component (`orchestrator/kubernetes`) the definition of its settings; `resources` are those of steps. */
  readonly settings: ReadonlyMap<string, string>;
  readonly definitions: JsonMembers;
}

const FILE = new URL('../../../data/run-configuration.json', import.meta.url);
let data: RunConfigurationData | undefined;

/** Read when the first form is asked for: a server that is asked for none does not keep it. */
export function runConfigurationData(): RunConfigurationData {
  data ??= readData();
  return data;
}

function readData(): RunConfigurationData {
  const sections = readMembers(readFileSync(FILE, 'utf8'));
  const section = (name: string) => readMembers(sections?.get(name) ?? '{}') ?? new Map<string, string>();
  const settings = Array.from(section('settings'), ([kind, text]) => [kind, String(JSON.parse(text))] as const);
  return {
    step: section('step'),
    run: section('run'),
    settings: new Map(settings),
    definitions: section('definitions'),
  };
}
