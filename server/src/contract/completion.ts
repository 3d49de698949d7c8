import { isExactNumber } from '../exact-numbers.ts';
import { type ContractDocument, type JsonSchema, otherMembers } from './document.ts';

/** Adds what a value of a schema leaves out; gives a new value. */
export type Complete = <Value>(schemaName: string, value: Value) => Value;

/**
 * Completes values as pydantic does when it reads a request: a property that is missing gets its default, or null
 * where it may be null. What is stored that way can be printed again without looking inside.
 */
export function createCompletion(document: ContractDocument): Complete {
  const resolve = (schema: JsonSchema): JsonSchema => {
    const name = schema.$ref?.split('/').at(-1);
    return (name && document.components.schemas[name]) || schema;
  };

  const complete = (reference: JsonSchema, value: unknown): unknown => {
    const schema = branchFor(resolve(reference), value, resolve);
    if (Array.isArray(value)) return schema.items ? value.map((item) => complete(schema.items ?? {}, item)) : value;
    if (typeof value !== 'object' || value === null || isExactNumber(value)) return value;
    const { properties = {}, additionalProperties } = schema;
    const result: Record<string, unknown> = {};
    for (const [name, property] of Object.entries(properties)) {
      if (!(name in value)) setDefault(result, name, property);
    }
    for (const [name, item] of Object.entries(value)) {
      const property = properties[name] ?? otherMembers(schema);
      if (property) result[name] = complete(property, item);
      else if (additionalProperties || Object.keys(properties).length === 0) result[name] = item;
    }
    return result;
  };

  /** What a default leaves out has defaults too. */
  const setDefault = (target: Record<string, unknown>, name: string, property: JsonSchema): void => {
    if ('default' in property) target[name] = complete(property, structuredClone(property.default));
    else if (property.anyOf?.some((option) => resolve(option).type === 'null')) target[name] = null;
  };

  return (schemaName, value) => complete({ $ref: `#/components/schemas/${schemaName}` }, value) as typeof value;
}

/** The branch of a union that a value fits: by its JSON type, and among objects by the required properties. */
function branchFor(schema: JsonSchema, value: unknown, resolve: (schema: JsonSchema) => JsonSchema): JsonSchema {
  if (!schema.anyOf) return schema;
  const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  const fitting = schema.anyOf.map(resolve).filter((option) => option.type === type || option.type === undefined);
  const chosen =
    type === 'object'
      ? fitting.find(({ required = [] }) => required.every((name) => name in Object(value)))
      : fitting[0];
  return chosen ?? schema;
}
