import { isDeepStrictEqual } from 'node:util';
import { type JsonMembers, readMembers, writeMembers } from '../../json-members.ts';
import type { ConfigurableComponent, ConfigurableSnapshot, ConfigurableStep } from './configurable-snapshot.ts';
import { type RunConfigurationData, runConfigurationData } from './run-configuration-data.ts';
import { type Definition, nameDefinitions, reachableFrom, renameReferences } from './schema-definitions.ts';

/** The module that makes these models in Python: it shows in names where they collide. */
const MODULE = 'zenml.zen_stores.template_utils';
const NULL = '{"type":"null"}';
const BOOLEAN = '{"type":"boolean"}';

/** The models of one form: those of the catalogue and those that its snapshot adds. */
class Models {
  readonly definitions = new Map<string, Definition>();
  #own = 0;

  constructor(catalogue: JsonMembers) {
    for (const [name, text] of catalogue) this.definitions.set(name, { qualifiedName: name, text });
  }

  /** @returns a schema that refers to the new model. */
  add(name: string, text: string): string {
    const key = `own-${this.#own++}`;
    this.definitions.set(key, { qualifiedName: `${MODULE}.${name}`, text });
    return reference(key);
  }
}

/** The JSON schema of the run configurations that a snapshot takes (ZenML 0.98.0 zen_stores/template_utils.py). */
export function configSchema(snapshot: ConfigurableSnapshot): string {
  const data = runConfigurationData();
  const models = new Models(data.definitions);
  const settings = optional(models.add('Settings', settingsModel(snapshot.components, data)));
  const fields = new Map(data.run);
  if (snapshot.isDynamic) {
    const names = parametersOf(snapshot.pipelineConfiguration);
    const parameters = models.add('Parameters', parametersModel('Parameters', names));
    fields.set('parameters', withMember(parameters, 'default', 'null'));
  }
  fields.set('settings', settings);
  const { model, required } = stepsModel(snapshot, models, commonStepFields(snapshot, models, settings, data));
  const steps = models.add('Steps', model);
  fields.set('steps', required ? steps : optional(steps));
  return assemble(objectSchema('Result', fields, required ? ['steps'] : []), models, data, snapshot.steps);
}

/** The settings of each component that has any, by `type:name`. */
function settingsModel(components: readonly ConfigurableComponent[], { settings }: RunConfigurationData): string {
  const fields = new Map<string, string>();
  const resources = settings.get('resources');
  if (resources) fields.set('resources', optional(reference(resources)));
  for (const { type, name, flavor, isCustom } of components) {
    const definition = isCustom ? undefined : settings.get(`${type}/${flavor}`);
    if (definition) fields.set(`${type}:${name}`, optional(reference(definition)));
  }
  return objectSchema('Settings', fields);
}

/** The fields that all steps of a snapshot have. */
function commonStepFields(
  { components, isDynamic }: ConfigurableSnapshot,
  models: Models,
  settings: string,
  data: RunConfigurationData,
): JsonMembers {
  const fields = new Map(data.step);
  if (!isDynamic) fields.delete('runtime');
  const choices = [
    ['experiment_tracker', 'Experiment Tracker', 'ExperimentTrackers'],
    ['step_operator', 'Step Operator', 'StepOperators'],
  ] as const;
  for (const [type, title, model] of choices) {
    const names = components.filter((component) => component.type === type).map(({ name }) => name);
    if (names.length === 0) continue;
    const choice = JSON.stringify({ enum: names, title: model, type: 'string' });
    const options = [models.add(model, choice), BOOLEAN, NULL];
    fields.set(type, `{"anyOf":[${options.join(',')}],"default":null,"title":${JSON.stringify(title)}}`);
  }
  return fields.set('settings', settings);
}

/** Steps with parameters are required, and so are their parameters: a run without them would fail. */
function stepsModel({ steps }: ConfigurableSnapshot, models: Models, common: JsonMembers) {
  const fields = new Map<string, string>();
  const required: string[] = [];
  for (const { name, parameters } of steps) {
    if (parameters.length === 0) {
      fields.set(name, optional(models.add(name, objectSchema(name, common))));
      continue;
    }
    const title = `${name}_parameters`;
    const own = models.add(title, parametersModel(title, parameters));
    const withParameters = new Map([['parameters', `{"anyOf":[${own},${NULL}]}`], ...common]);
    fields.set(name, models.add(name, objectSchema(name, withParameters, ['parameters'])));
    required.push(name);
  }
  return { model: objectSchema('Steps', fields, required), required: required.length > 0 };
}

function parametersOf(pipelineConfiguration: string): string[] {
  const parameters = readMembers(pipelineConfiguration)?.get('parameters');
  return [...(readMembers(parameters ?? '') ?? new Map<string, string>()).keys()];
}

/** Parameters of any type, all required. */
function parametersModel(title: string, names: readonly string[]): string {
  const fields = new Map(names.map((name) => [name, JSON.stringify({ title: titleOf(name) })]));
  return objectSchema(title, fields, names);
}

/** Names the definitions, puts them under the root and the clients' schemas of parameters into the steps. */
function assemble(
  root: string,
  models: Models,
  data: RunConfigurationData,
  steps: readonly ConfigurableStep[],
): string {
  const needed = reachableFrom(root, models.definitions);
  const names = nameDefinitions(needed);
  const definitions: JsonMembers = new Map();
  const ofCatalogue = new Set<string>();
  for (const [key, { text }] of needed) {
    const name = names.get(key) ?? key;
    definitions.set(name, renameReferences(text, names));
    if (data.definitions.has(key)) ofCatalogue.add(name);
  }
  for (const step of steps) placeParameters(step, definitions, ofCatalogue);
  return withMember(renameReferences(root, names), '$defs', writeMembers(definitions));
}

/** Puts the schema that a step's client derived in the place of the one that allows anything. */
function placeParameters(step: ConfigurableStep, definitions: JsonMembers, ofCatalogue: ReadonlySet<string>): void {
  const schema = definitions.get(step.name);
  if (step.parameterSpec.size === 0 || schema === undefined) return;
  const spec = new Map(step.parameterSpec);
  const own = readMembers(spec.get('$defs') ?? '{}') ?? new Map<string, string>();
  spec.delete('$defs');
  const isTaken = (name: string, text: string) => {
    const taken = definitions.get(name);
    return taken !== undefined && !isSame(taken, text, ofCatalogue.has(name));
  };
  const names = new Map(Array.from(own, ([name, text]) => [name, freeName(step.name, name, text, isTaken)]));
  for (const [name, text] of own) {
    const free = names.get(name) ?? name;
    if (!definitions.has(free)) definitions.set(free, renameReferences(text, names));
  }
  const properties = readMembers(readMembers(schema)?.get('properties') ?? '{}') ?? new Map<string, string>();
  properties.set('parameters', renameReferences(writeMembers(spec), names));
  definitions.set(step.name, withMember(schema, 'properties', writeMembers(properties)));
  definitions.delete(`${step.name}_parameters`);
}

function freeName(step: string, name: string, text: string, isTaken: (name: string, text: string) => boolean): string {
  if (!isTaken(name, text)) return name;
  let free = `${step}__${name}`;
  for (let suffix = 2; isTaken(free, text); suffix++) free = `${step}__${name}_${suffix}`;
  return free;
}

/** Definitions of the catalogue have no descriptions, which those that clients send of the same classes have. */
function isSame(taken: string, text: string, ofCatalogue: boolean): boolean {
  const schema: unknown = JSON.parse(text);
  return isDeepStrictEqual(JSON.parse(taken), ofCatalogue ? withoutDescriptions(schema) : schema);
}

function withoutDescriptions(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutDescriptions);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(([name, value]) => name !== 'description' || typeof value !== 'string');
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutDescriptions(value)]));
}

/** What pydantic makes of a field's name: `learning_rate` becomes `Learning Rate`. */
function titleOf(name: string): string {
  const capitalized = name.replaceAll(/\p{Cased}+/gu, ([first = '', ...rest]) => {
    return first.toUpperCase() + rest.join('').toLowerCase();
  });
  return capitalized.replaceAll('_', ' ').trim();
}

function objectSchema(title: string, properties: JsonMembers, required: readonly string[] = []): string {
  const schema = new Map([['properties', writeMembers(properties)]]);
  if (required.length > 0) schema.set('required', JSON.stringify(required));
  return writeMembers(schema.set('title', JSON.stringify(title)).set('type', '"object"'));
}

function reference(key: string): string {
  return JSON.stringify({ $ref: `#/$defs/${key}` });
}

function optional(schema: string): string {
  return `{"anyOf":[${schema},${NULL}],"default":null}`;
}

function withMember(object: string, name: string, text: string): string {
  return writeMembers(new Map(readMembers(object)).set(name, text));
}
