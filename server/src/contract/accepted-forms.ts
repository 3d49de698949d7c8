import { isObject } from '../json.ts';
import { type ContractDocument, type JsonSchema, otherMembers, schemaAt } from './document.ts';
import type { OperationBody } from './operation-index.ts';

/** Gives a value with its import paths replaced; the value itself is changed. */
type Expander = (value: unknown) => unknown;

/** The one field that takes a source by itself for a list of one. */
const LIST_OF_SOURCES = 'materializer_source';

/** Here ZenML takes a source in full only. */
const ONLY_OBJECTS = 'CodeRepositoryRequest';

/**
 * Before a body is checked: brings what ZenML takes besides the forms that the document describes into these. Import
 * paths (`module.attribute`) become the sources that they name, wherever a source is expected (ZenML 0.98.0
 * config/source.py), and members that older clients leave out follow from others.
 */
export function createFormExpansion(document: ContractDocument): (body: Pick<OperationBody, 'pointer'>) => Expander {
  const expanders = new Map<string, Expander | undefined>();
  const compiled = new Map<string, Expander>();

  const named = (name: string): Expander | undefined => {
    if (name === 'Source') return toSource;
    if (name === ONLY_OBJECTS) return undefined;
    if (!expanders.has(name)) {
      expanders.set(name, undefined);
      expanders.set(name, inTurn([FORMS[name], expanderOf(document.components.schemas[name] ?? {})]));
    }
    return expanders.get(name);
  };

  const expanderOf = (schema: JsonSchema): Expander | undefined => {
    const name = schema.$ref?.split('/').at(-1);
    if (name) return named(name);
    const options = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
    const others = otherMembers(schema);
    return inTurn([
      ...options.map(expanderOf),
      schema.items && ofItems(expanderOf(schema.items)),
      others && ofMembers(expanderOf(others)),
      ofProperties(schema.properties, expanderOf),
    ]);
  };

  return ({ pointer }) => {
    const known = compiled.get(pointer);
    if (known) return known;
    const expand = expanderOf(schemaAt(document, pointer)) ?? ((value: unknown) => value);
    compiled.set(pointer, expand);
    return expand;
  };
}

/** Forms of whole objects, by the name of the schema. */
const FORMS: Readonly<Record<string, Expander>> = {
  // Each of the two names follows from the other (models/v2/core/project.py).
  ProjectRequest: (value) => {
    if (!isObject(value)) return value;
    const { name, display_name } = value;
    if (!name && typeof display_name === 'string' && display_name !== '') {
      value['name'] = display_name
        .toLowerCase()
        .replaceAll(' ', '-')
        .replaceAll(/[^a-z0-9_-]/g, '');
    }
    if (!display_name && name) value['display_name'] = name;
    return value;
  },
  // Until a step's own configuration was sent beside the merged one (config/step_configurations.py).
  'Step-Input': (value) => {
    if (isObject(value) && !('step_config_overrides' in value) && 'config' in value) {
      value['step_config_overrides'] = structuredClone(value['config']);
    }
    return value;
  },
  'StepSpec-Input': (value) => {
    if (isObject(value) && !('invocation_id' in value)) {
      const { pipeline_parameter_name, ...spec } = value;
      return { ...spec, invocation_id: pipeline_parameter_name ?? '' };
    }
    return value;
  },
};

/** An empty path is left to the check of the body, which refuses it. */
function toSource(value: unknown): unknown {
  if (typeof value !== 'string' || value === '') return value;
  const [path = ''] = value.split('@', 1);
  const dot = path.lastIndexOf('.');
  if (dot < 0) return { module: path, attribute: null, type: 'unknown' };
  return { module: path.slice(0, dot), attribute: path.slice(dot + 1), type: 'unknown' };
}

function inTurn(expanders: readonly (Expander | undefined)[]): Expander | undefined {
  const present = expanders.filter((expand) => expand !== undefined);
  if (present.length < 2) return present[0];
  return (value) => present.reduce((changed, expand) => expand(changed), value);
}

function ofItems(expand: Expander | undefined): Expander | undefined {
  if (!expand) return undefined;
  return (value) => (Array.isArray(value) ? value.map(expand) : value);
}

function ofMembers(expand: Expander | undefined): Expander | undefined {
  if (!expand) return undefined;
  return (value) => {
    if (isObject(value)) for (const [name, member] of Object.entries(value)) value[name] = expand(member);
    return value;
  };
}

function ofProperties(
  properties: Readonly<Record<string, JsonSchema>> = {},
  expanderOf: (schema: JsonSchema) => Expander | undefined,
): Expander | undefined {
  const concerned = Object.entries(properties).flatMap(([name, schema]) => {
    const expand = expanderOf(schema);
    return expand ? [[name, expand] as const] : [];
  });
  if (concerned.length === 0) return undefined;
  return (value) => {
    if (!isObject(value)) return value;
    for (const [name, expand] of concerned) {
      const member = value[name];
      const alone = name === LIST_OF_SOURCES && (typeof member === 'string' || isObject(member));
      if (name in value) value[name] = expand(alone ? [member] : member);
    }
    return value;
  };
}
