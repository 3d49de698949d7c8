import { isObject, type Json } from '../../json.ts';

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
