import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import formatsPlugin from 'ajv-formats';

interface Flavor {
  readonly name: string;
  readonly type: string;
  readonly source: string;
  readonly is_custom: boolean;
  readonly config_schema: object;
}

interface AuthMethod {
  readonly auth_method: string;
  readonly config_schema: object;
}

interface ConnectorType {
  readonly connector_type: string;
  readonly auth_methods: readonly AuthMethod[];
  readonly resource_types: readonly { readonly resource_type: string; readonly auth_methods: readonly string[] }[];
}

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8'));
const flavors = read('flavors.json') as readonly Flavor[];
const runConfiguration = read('run-configuration.json') as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
const connectorTypes = read('service-connector-types.json') as readonly ConnectorType[];

/** Whether a schema holds prose: a `description` that is a keyword and no property's name. */
function hasDescription(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const texts = Object.entries(schema).filter(([key]) => key !== 'default' && key !== 'enum');
  return texts.some(([key, value]) => (key === 'description' && typeof value === 'string') || hasDescription(value));
}

function expectUsable(schema: object): void {
  const ajv = new Ajv({ strict: false });
  formatsPlugin.default(ajv);
  expect(ajv.compile(schema)).toBeInstanceOf(Function);
  expect(hasDescription(schema)).toBe(false);
}

describe('the catalogue of flavors', () => {
  test('is that of ZenML 0.98.0, each flavor once', () => {
    expect(flavors).toHaveLength(82);
    expect(new Set(flavors.map(({ type, name }) => `${type}/${name}`)).size).toBe(82);
  });

  test.each(flavors.map((flavor) => [`${flavor.type}/${flavor.name}`, flavor] as const))('%s', (_title, flavor) => {
    expect(flavor).toMatchObject({ source: expect.stringMatching(/^zenml\.[\w.]+Flavor$/), is_custom: false });
    expectUsable(flavor.config_schema);
  });
});

describe('the catalogue of service connector types', () => {
  test('is that of ZenML 0.98.0 with every integration', () => {
    const names = connectorTypes.map((type) => type.connector_type);
    expect(names.sort()).toEqual(['aws', 'azure', 'docker', 'gcp', 'hyperai', 'kubernetes', 'oauth2']);
  });

  test.each(connectorTypes.map((type) => [type.connector_type, type] as const))('%s', (_title, type) => {
    const methods = type.auth_methods.map((method) => method.auth_method);
    for (const resourceType of type.resource_types)
      expect(methods).toEqual(expect.arrayContaining([...resourceType.auth_methods]));
    for (const { config_schema } of type.auth_methods) expectUsable(config_schema);
  });
});

describe('what a run may override', () => {
  const { step = {}, run = {}, settings = {}, definitions = {} } = runConfiguration;

  test('has every definition that it refers to, without texts', () => {
    const references = JSON.stringify([step, run, definitions]).matchAll(/#\/\$defs\/([^"]+)/g);
    const named = [...Array.from(references, ([, name]) => name), ...Object.values(settings)];
    expect(Object.keys(definitions)).toEqual(expect.arrayContaining(named));
    expect(hasDescription([Object.values(step), Object.values(run), Object.values(definitions)])).toBe(false);
  });

  test('has settings for kinds of components that the catalogue knows, and of resources', () => {
    const kinds = flavors.map(({ type, name }) => `${type}/${name}`);
    const { resources, ...ofKinds } = settings;
    expect(resources).toBe('zenml.config.resource_settings.ResourceSettings');
    expect(kinds).toEqual(expect.arrayContaining(Object.keys(ofKinds)));
    expect(ofKinds).toHaveProperty('orchestrator/kubernetes');
  });
});
