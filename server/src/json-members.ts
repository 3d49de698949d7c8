/**
 * The members of a JSON object as they are written, by name. Stored JSON is shown as it is (see raw-json.ts); where one
 * member must be changed or looked at, the others keep their text: parsing would turn `1.0` into `1` and round large
 * integers, which the reference does not.
 */
export type JsonMembers = Map<string, string>;

/** @returns `undefined` for what is no object. Of members with the same name the last one counts. */
export function readMembers(json: string): JsonMembers | undefined {
  let at = skipSpace(json, 0);
  if (json[at] !== '{') return undefined;
  const members: JsonMembers = new Map();
  at = skipSpace(json, at + 1);
  while (json[at] === '"') {
    const afterName = stringEnd(json, at);
    const name: unknown = JSON.parse(json.slice(at, afterName));
    const start = skipSpace(json, skipSpace(json, afterName) + 1);
    const end = valueEnd(json, start);
    members.set(String(name), json.slice(start, end));
    at = skipSpace(json, end);
    if (json[at] === ',') at = skipSpace(json, at + 1);
  }
  return members;
}

/** The object of some members, as JSON. */
export function writeMembers(members: ReadonlyMap<string, string>): string {
  return `{${Array.from(members, ([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\t' || json[at] === '\r') at++;
  return at;
}

/** @param from the opening quote. @returns behind the closing one. */
function stringEnd(json: string, from: number): number {
  for (let at = json.indexOf('"', from + 1); at >= 0; at = json.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (json[at - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
  throw new SyntaxError('A string in stored JSON does not end.');
}

const STOPS = /["[\]{},]/g;

function valueEnd(json: string, from: number): number {
  let depth = 0;
  STOPS.lastIndex = from;
  for (let stop = STOPS.exec(json); stop; stop = STOPS.exec(json)) {
    const [sign] = stop;
    if (sign === '"') STOPS.lastIndex = stringEnd(json, stop.index);
    else if (sign === '{' || sign === '[') depth++;
    else if (depth === 0) return json.slice(from, stop.index).trimEnd().length + from;
    else if (sign !== ',') depth--;
  }
  throw new SyntaxError('An object in stored JSON does not end.');
}
