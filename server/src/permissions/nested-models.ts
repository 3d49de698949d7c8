import { type ContractDocument, type JsonSchema, otherMembers } from '../contract/document.ts';
import { isEntity, type TypedModel } from './resource-models.ts';

/** Finds and replaces the entities within answers, by the schema that an answer follows. */
export interface NestedModels {
  /** Every entity within a value; the value itself and the items of a page or list are not counted among them. */
  find(schema: JsonSchema, value: unknown): TypedModel[];
  /** The value with some of the entities within it replaced; what is not changed is not copied. */
  replace(schema: JsonSchema, value: unknown, replacement: (found: TypedModel) => unknown): unknown;
}

type Visit = (found: TypedModel) => unknown;

/** Where in an answer of the contract entities may be. @param document the contract */
export function createNestedModels(document: ContractDocument): NestedModels {
  const { schemas } = document.components;
  const reaching = new Map<string, boolean>();

  /** The named schemas that a value may follow; without a name, the schema itself. */
  function alternatives(schema: JsonSchema): { name: string | undefined; schema: JsonSchema }[] {
    const name = schema.$ref?.split('/').at(-1);
    if (name !== undefined) return schemas[name] ? [{ name, schema: schemas[name] }] : [];
    const several = schema.anyOf ?? schema.oneOf;
    return several ? several.flatMap(alternatives) : [{ name: undefined, schema }];
  }

  /** Whether an entity may be within what follows a schema; asked before big documents are walked through. */
  function reaches(schema: JsonSchema): boolean {
    return alternatives(schema).some(({ name, schema: each }) => {
      if (name === undefined) return children(each).some(reaches);
      const known = reaching.get(name);
      if (known !== undefined) return known;
      reaching.set(name, false);
      const found = isEntitySchema(each) || children(each).some(reaches);
      reaching.set(name, found);
      return found;
    });
  }

  function walk(schema: JsonSchema, value: unknown, visit: Visit, inside: boolean): unknown {
    if (typeof value !== 'object' || value === null || !reaches(schema)) return value;
    const possible = alternatives(schema);
    const entity = possible.find(({ schema: each }) => isEntitySchema(each));
    if (inside && entity?.name !== undefined && isEntity(value)) {
      const seen = visit({ schema: entity.name, model: value });
      if (seen !== value) return seen;
    }
    if (Array.isArray(value)) return walkArray(possible, value, visit, inside);
    return walkObject(possible, value as Record<string, unknown>, visit, inside || entity !== undefined);
  }

  function walkArray(possible: readonly { schema: JsonSchema }[], value: unknown[], visit: Visit, inside: boolean) {
    let changed = false;
    const items = value.map((item, index) => {
      const schema = anyOf(possible.map(({ schema: each }) => itemSchema(each, index)));
      const walked = walk(schema, item, visit, inside);
      changed ||= walked !== item;
      return walked;
    });
    return changed ? items : value;
  }

  function walkObject(
    possible: readonly { schema: JsonSchema }[],
    value: Record<string, unknown>,
    visit: Visit,
    inside: boolean,
  ) {
    let copy: Record<string, unknown> | undefined;
    for (const [key, member] of Object.entries(value)) {
      if (typeof member !== 'object' || member === null) continue;
      const schema = anyOf(possible.map(({ schema: each }) => memberSchema(each, key)));
      const walked = walk(schema, member, visit, inside);
      if (walked === member) continue;
      copy ??= { ...value };
      copy[key] = walked;
    }
    return copy ?? value;
  }

  return {
    find(schema, value) {
      const found: TypedModel[] = [];
      walk(schema, value, (each) => found.push(each) && each.model, false);
      return found;
    },
    replace: (schema, value, replacement) => walk(schema, value, replacement, false),
  };
}

function isEntitySchema(schema: JsonSchema): boolean {
  return schema.properties?.['permission_denied'] !== undefined;
}

function children(schema: JsonSchema): JsonSchema[] {
  const rest = [otherMembers(schema), schema.items].filter((each) => each !== undefined);
  return [...Object.values(schema.properties ?? {}), ...rest, ...(schema.prefixItems ?? [])];
}

function itemSchema(schema: JsonSchema, index: number): JsonSchema | undefined {
  return schema.prefixItems?.[index] ?? schema.items;
}

function memberSchema(schema: JsonSchema, key: string): JsonSchema | undefined {
  return schema.properties?.[key] ?? otherMembers(schema);
}

function anyOf(schemas: readonly (JsonSchema | undefined)[]): JsonSchema {
  const known = schemas.filter((schema) => schema !== undefined);
  return known.length === 1 && known[0] ? known[0] : { anyOf: known };
}
