import { type JsonMembers, readMembers, writeMembers } from '../../json-members.ts';
import type { ConfigurableComponent, ConfigurableSnapshot, ConfigurableStep } from './configurable-snapshot.ts';
import { takeParameterSchema } from './parameter-schemas.ts';
import { type RunConfigurationData, runConfigurationData } from './run-configuration-data.ts';
import { type Definition, nameDefinitions, reachableFrom, renameReferences } from './schema-definitions.ts';

/** The module that makes these models in Python: it shows in names where they collide. */
const MODULE = 'zenml.zen_stores.template_utils';
const NULL = '{"type":"null"}';
const BOOLEAN = '{"type":"boolean"}';

/** The models of one form: those of the catalogue and those that its snapshot adds. */
class Models {
  readonly definitions: Map<string, Definition>;
  readonly #catalogue: JsonMembers;

  constructor(catalogue: JsonMembers) {
    this.#catalogue = catalogue;
    this.definitions = new Map(Array.from(catalogue, ([name, text]) => [name, { qualifiedName: name, text }]));
  }

  isOwn(key: string): boolean {
    return !this.#catalogue.has(key);
  }

  /** @returns a schema that refers to the new model. */
  add(name: string, text: string): string {
    const key = `own-${this.definitions.size}`;
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
    fields.set('parameters', `{"default":null,${parameters.slice(1)}`);
  }
  fields.set('settings', settings);
  const common = writeMembers(commonStepFields(snapshot, models, settings, data));
  const { model, required } = stepsModel(snapshot, models, common);
  const steps = models.add('Steps', model);
  fields.set('steps', required ? steps : optional(steps));
  return assemble(objectSchema('Result', fields, required ? ['steps'] : []), models, snapshot.steps, common);
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

/**
 * Steps with parameters are required, and so are their parameters: a run without them would fail.
 * @param common the fields that all steps have, as a JSON object
 */
function stepsModel({ steps }: ConfigurableSnapshot, models: Models, common: string) {
  const fields = new Map<string, string>();
  const required: string[] = [];
  for (const step of steps) {
    const { name, parameters } = step;
    const title = `${name}_parameters`;
    const own = parameters.length > 0 && models.add(title, parametersModel(title, parameters));
    const model = models.add(name, stepModel(step, common, own ? `{"anyOf":[${own},${NULL}]}` : undefined));
    fields.set(name, own ? model : optional(model));
    if (own) required.push(name);
  }
  return { model: objectSchema('Steps', fields, required), required: required.length > 0 };
}

function stepModel({ name, parameters }: ConfigurableStep, common: string, ofParameters: string | undefined): string {
  const properties = ofParameters ? `{"parameters":${ofParameters},${common.slice(1)}` : common;
  return schemaOf(name, properties, parameters.length > 0 ? ['parameters'] : []);
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
function assemble(root: string, models: Models, steps: readonly ConfigurableStep[], common: string): string {
  const needed = reachableFrom(root, models.definitions);
  const names = nameDefinitions(needed);
  const definitions: JsonMembers = new Map();
  const ofCatalogue = new Set<string>();
  for (const [key, { text }] of needed) {
    const name = names.get(key) ?? key;
    definitions.set(name, renameReferences(text, names));
    if (!models.isOwn(key)) ofCatalogue.add(name);
  }
  const named = renameReferences(common, names);
  // What several models would be called none is called: a step with such a name keeps parameters of any type.
  for (const step of steps.filter(({ name }) => definitions.has(name) && !ofCatalogue.has(name))) {
    const ofParameters = takeParameterSchema(step, definitions, ofCatalogue);
    if (ofParameters === undefined) continue;
    definitions.set(step.name, stepModel(step, named, ofParameters));
    definitions.delete(`${step.name}_parameters`);
  }
  return `{"$defs":${writeMembers(definitions)},${renameReferences(root, names).slice(1)}`;
}

/** What pydantic makes of a field's name: `learning_rate` becomes `Learning Rate`. */
function titleOf(name: string): string {
  const capitalized = name.replaceAll(/\p{Cased}+/gu, ([first = '', ...rest]) => {
    return first.toUpperCase() + rest.join('').toLowerCase();
  });
  return capitalized.replaceAll('_', ' ').trim();
}

function objectSchema(title: string, properties: JsonMembers, required: readonly string[] = []): string {
  return schemaOf(title, writeMembers(properties), required);
}

function schemaOf(title: string, properties: string, required: readonly string[]): string {
  const ofRequired = required.length > 0 ? `"required":${JSON.stringify(required)},` : '';
  return `{"properties":${properties},${ofRequired}"title":${JSON.stringify(title)},"type":"object"}`;
}

function reference(key: string): string {
  return JSON.stringify({ $ref: `#/$defs/${key}` });
}

function optional(schema: string): string {
  return `{"anyOf":[${schema},${NULL}],"default":null}`;
}
