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
  const claims = claimsOf(alternatives);
  let names = new Map<string, string>();
  for (;;) {
    const known = names;
    const next = chooseNames(alternatives, (name) => areAlike(claims.get(name) ?? [], definitions, known));
    if ([...next].every(([key, name]) => names.get(key) === name)) return next;
    names = next;
  }
}

/** Who may get each name. */
function claimsOf(alternatives: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const claims = new Map<string, string[]>();
  for (const [key, names] of alternatives) {
    for (const name of names) {
      const others = claims.get(name);
      if (others) others.push(key);
      else claims.set(name, [key]);
    }
  }
  return claims;
}

function chooseNames(
  alternatives: ReadonlyMap<string, readonly string[]>,
  isClear: (name: string) => boolean,
): Map<string, string> {
  return new Map(Array.from(alternatives, ([key, names]) => [key, names.find(isClear) ?? key]));
}

/** Whether definitions say the same, as far as the names of what they refer to are known. */
function areAlike(
  keys: readonly string[],
  definitions: ReadonlyMap<string, Definition>,
  known: ReadonlyMap<string, string>,
): boolean {
  if (keys.length < 2) return true;
  return new Set(keys.map((key) => renameReferences(definitions.get(key)?.text ?? '', known))).size === 1;
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
