/** A definition of a JSON schema before it has a name. */
export interface Definition {
  /** Module and name of the class in Python. */
  readonly qualifiedName: string;
  /** The schema, as JSON text; it refers to others by their keys. */
  readonly text: string;
}

const REFERENCE = /"#\/\$defs\/([^"\\]+)"/g;

/** The keys of the definitions that a schema refers to. */
export function referencesOf(text: string): string[] {
  return Array.from(text.matchAll(REFERENCE), ([, key = '']) => key);
}

/** A schema with other names of what it refers to; names that are not among them stay. */
export function renameReferences(text: string, names: ReadonlyMap<string, string>): string {
  return text.replace(REFERENCE, (whole, key: string) => {
    const name = names.get(key);
    return name === undefined ? whole : JSON.stringify(`#/$defs/${name}`);
  });
}

/** The definitions that a schema needs, directly or through others, in the order that they have. */
export function reachableFrom(root: string, all: ReadonlyMap<string, Definition>): Map<string, Definition> {
  const found = new Set<string>();
  const waiting = referencesOf(root);
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    const definition = all.get(key);
    if (!definition || found.has(key)) continue;
    found.add(key);
    waiting.push(...referencesOf(definition.text));
  }
  return new Map([...all].filter(([key]) => found.has(key)));
}

/**
 * Names definitions as pydantic 2.12 does: by the class's own name or, where several different ones share it, by module
 * and name. What refers to differently named definitions may turn out to be the same once those have their names, hence
 * the repetition.
 */
export function nameDefinitions(definitions: ReadonlyMap<string, Definition>): Map<string, string> {
  const alternatives = alternativesOf(definitions);
  let names = new Map<string, string>();
  for (;;) {
    const next = chooseNames(definitions, alternatives, names);
    if ([...next].every(([key, name]) => names.get(key) === name)) return next;
    names = next;
  }
}

function chooseNames(
  definitions: ReadonlyMap<string, Definition>,
  alternatives: ReadonlyMap<string, readonly string[]>,
  known: ReadonlyMap<string, string>,
): Map<string, string> {
  const candidates = new Map<string, Set<string>>();
  for (const [key, { text }] of definitions) {
    const schema = renameReferences(text, known);
    for (const name of alternatives.get(key) ?? []) {
      candidates.set(name, (candidates.get(name) ?? new Set()).add(schema));
    }
  }
  const unambiguous = (key: string) => alternatives.get(key)?.find((name) => candidates.get(name)?.size === 1) ?? key;
  return new Map(Array.from(definitions.keys(), (key) => [key, unambiguous(key)]));
}

/** The names that a definition may get, the best first; the last ones are its own. */
function alternativesOf(definitions: ReadonlyMap<string, Definition>): Map<string, string[]> {
  const seen = new Map<string, number>();
  return new Map(
    Array.from(definitions, ([key, { qualifiedName }]) => {
      const long = normalize(qualifiedName);
      const occurrence = (seen.get(long) ?? 0) + 1;
      seen.set(long, occurrence);
      const short = normalize(shorten(qualifiedName));
      const numbered = [`${long}__${occurrence}`, `${long}-Input__${occurrence}`];
      return [key, [short, `${short}-Input`, long, `${long}-Input`, ...numbered]];
    }),
  );
}

/** What stands behind the last dot. */
function shorten(qualifiedName: string): string {
  return qualifiedName.replaceAll(/(?:[^.[\]]+\.)+([^.[\]]+)/g, '$1');
}

function normalize(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9.\-_]/gu, '_').replaceAll('.', '__');
}
