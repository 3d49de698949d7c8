import { isExactNumber } from './exact-numbers.ts';

/** Strings are matched in runs: an alternative for each character would take stack with the length of a string. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN/g;

/**
 * JSON text that Python's `json` module has written, as valid JSON: `NaN` and `Infinity`, which that module writes for
 * such numbers, become null, as in the reference's answers, or what they are to be `instead`.
 */
export function toValidJson(text: string, instead: (name: string) => string = () => 'null'): string {
  if (!text.includes('NaN') && !text.includes('Infinity')) return text;
  return text.replace(STRING_OR_NUMBER, (match) => (match.startsWith('"') ? match : instead(match)));
}

/**
 * The JSON text that Python's `json.dumps` writes for a value: with a space after commas and colons, and ASCII only.
 * What the reference has stored can be found by it.
 */
export function toPythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toPythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null && !isExactNumber(value)) {
    const members = Object.entries(value).map(([name, member]) => `${toAscii(name)}: ${toPythonJson(member)}`);
    return `{${members.join(', ')}}`;
  }
  return typeof value === 'string' ? toAscii(value) : (JSON.stringify(value) ?? 'null');
}

function toAscii(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
