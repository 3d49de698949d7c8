/** What a JSON document holds. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** Reads a JSON document; throws a SyntaxError. */
export type JsonReader = (text: string) => Json;

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path such as `resources.pipeline.id` or `items.0.name`; undefined where a part is missing. */
export function at(value: Json | undefined, path: string): Json | undefined {
  let current = value;
  for (const part of path.split('.')) {
    if (Array.isArray(current)) current = current[Number(part)];
    else if (isObject(current)) current = current[part];
    else return undefined;
  }
  return current;
}

/**
 * `JSON.parse` that tells numbers apart which JavaScript would read as the same: floats without a fraction, and integers
 * over 2^53, become texts such as `float 1` and `integer 9007199254740993`.
 * @throws SyntaxError
 */
export function parseTelling(text: string): Json {
  type Reviver = (name: string, value: Json, context: { source?: string }) => Json;
  const parse = JSON.parse as (text: string, reviver: Reviver) => Json;
  return parse(text, (_name, value, { source }) => {
    if (typeof value !== 'number' || source === undefined) return value;
    if (/[.eE]/.test(source)) return Number.isInteger(value) ? `float ${value}` : value;
    return Number.isSafeInteger(value) ? value : `integer ${source}`;
  });
}
