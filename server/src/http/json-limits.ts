import { issuesText } from '../contract/issues.ts';
import { RequestValidationError } from '../errors.ts';

/** What walks through a body calls itself at each level; Python's `json` gives up a little deeper. */
const DEEPEST = 900;

/** Whether JSON text has more levels of arrays and objects than are read. */
export function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '"') index = endOfString(text, index);
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text[index - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

/** A first half without a second one, or the other way round; after a backslash it is none, which costs time only. */
const LONE_ESCAPE = /\\u[dD][89abAB][\da-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][\da-fA-F]{2})\\u[dD][c-fC-F]/;

/**
 * Half of a character, which JSON can write as `\ud800`, has no bytes: the database would get a question mark.
 * @param value what the JSON text is
 * @throws {RequestValidationError} with the place of the first one
 */
export function refuseLoneSurrogates(text: string, value: unknown): void {
  if (!LONE_ESCAPE.test(text)) return;
  const path = findLoneSurrogate(value);
  if (!path) return;
  const message = 'Input should be a valid string, unable to parse raw data as a unicode string';
  throw new RequestValidationError(issuesText([{ type: 'string_unicode', message, location: ['body', ...path] }]));
}

/** The path of a text that is not well formed, as a value or as a name; `undefined` where there is none. */
function findLoneSurrogate(value: unknown): (string | number)[] | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : [];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    if (!name.isWellFormed()) return [];
    const path = findLoneSurrogate(member);
    if (path) return [Array.isArray(value) ? Number(name) : name, ...path];
  }
  return undefined;
}
