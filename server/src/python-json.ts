const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;

/**
 * JSON text that Python's `json` module has written, as valid JSON: `NaN` and `Infinity`, which that module writes for
 * such numbers, become null, as in the reference's answers.
 */
export function toValidJson(text: string): string {
  if (!text.includes('NaN') && !text.includes('Infinity')) return text;
  return text.replace(STRING_OR_NUMBER, (match) => (match.startsWith('"') ? match : 'null'));
}
