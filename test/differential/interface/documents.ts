import { isObject, type Json, type JsonObject } from '../../servers/json.ts';

/** What a schema or an operation says to people; `properties` may have these names too. */
const TEXTS = new Set(['title', 'description', 'summary', 'examples', 'example']);
/** Members whose own members have names that somebody gave. */
const NAMED = new Set(['properties', 'schemas', 'paths']);

/** Paths of everything but texts in which two OpenAPI documents differ, with both values. */
export function differingMembers(reference: Json, ours: Json): string[] {
  return [...differences(withoutTexts(reference), withoutTexts(ours), '')];
}

function withoutTexts(value: Json, named = false): Json {
  if (Array.isArray(value)) return value.map((item) => withoutTexts(item));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([name]) => named || !TEXTS.has(name));
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutTexts(member, !named && NAMED.has(name))]));
}

function* differences(reference: Json | undefined, ours: Json | undefined, path: string): Generator<string> {
  if (isContainer(reference) && isContainer(ours)) {
    const [left, right] = [new Map(Object.entries(reference)), new Map(Object.entries(ours))];
    const names = new Set([...left.keys(), ...right.keys()]);
    for (const name of names) yield* differences(left.get(name), right.get(name), `${path}/${name}`);
  } else if (JSON.stringify(reference) !== JSON.stringify(ours)) {
    yield `${path}: reference ${short(reference)}, ours ${short(ours)}`;
  }
}

function isContainer(value: Json | undefined): value is Json[] | JsonObject {
  return typeof value === 'object' && value !== null;
}

function short(value: Json | undefined): string {
  return (JSON.stringify(value) ?? '(missing)').slice(0, 120);
}
