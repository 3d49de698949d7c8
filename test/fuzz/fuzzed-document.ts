import { isObject, type Json, type JsonObject } from '../servers/json.ts';

/**
 * The served OpenAPI document, made fit for fuzzing: ids in paths are often those of something that is there, answers other
 * than of success may say anything, times may lack their zone, and a secret that was just made is shown, as in the reference.
 * @param ids by collection, such as `/api/v1/runs`
 */
export function fuzzedDocument(document: JsonObject, ids: ReadonlyMap<string, readonly string[]>): JsonObject {
  const paths = Object.entries(document['paths'] as JsonObject).map(([path, item]) => {
    const operations = Object.entries(item as JsonObject).map(([method, operation]) => [
      method,
      fuzzedOperation(path, operation as JsonObject, ids),
    ]);
    return [path, Object.fromEntries(operations)];
  });
  return withoutLimits({ ...document, paths: Object.fromEntries(paths) }) as JsonObject;
}

function fuzzedOperation(path: string, operation: JsonObject, ids: ReadonlyMap<string, readonly string[]>): JsonObject {
  const { parameters = [], responses = {} } = operation as { parameters?: JsonObject[]; responses?: JsonObject };
  const success = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const other = { description: 'refused', content: { 'application/json': { schema: {} } } };
  return {
    ...operation,
    parameters: parameters.map((parameter) => {
      const collection = path.slice(0, Math.max(0, path.indexOf(`/{${String(parameter['name'])}}`)));
      const known = parameter['in'] === 'path' ? ids.get(collection) : undefined;
      if (!known?.length) return parameter;
      return { ...parameter, schema: { anyOf: [{ enum: [...known] }, parameter['schema'] ?? {}] } };
    }),
    responses: { ...Object.fromEntries(success), default: other },
  };
}

function withoutLimits(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutLimits);
  if (!isObject(value)) return value;
  const isLimit = (name: string, member: Json) =>
    (name === 'format' && member === 'date-time') || (name === 'writeOnly' && member === true);
  const members = Object.entries(value).filter(([name, member]) => !isLimit(name, member));
  return Object.fromEntries(members.map(([name, member]) => [name, withoutLimits(member)]));
}
