import { isExactNumber } from '../../exact-numbers.ts';

/** A JSON object whose members are not known. */
export type Json = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

/** Lays an update over an object: objects are merged, everything else replaces (ZenML 0.98.0 dict_utils.recursive_update). */
export function updateDeep(original: Json, update: Json): Json {
  const result: Record<string, unknown> = { ...original };
  for (const [name, value] of Object.entries(update)) {
    const before = result[name] ?? {};
    result[name] = isObject(value) && isObject(before) ? updateDeep(before, value) : value;
  }
  return result;
}

/** The members that are not null; inner objects keep theirs. */
export function withoutNulls(value: Json): Json {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null && item !== undefined));
}
