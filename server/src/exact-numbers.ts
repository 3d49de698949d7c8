/**
 * Numbers of JSON that JavaScript would write otherwise than Python's `json` does: floats without a fraction (`1.0`,
 * `1e3`), very small ones (`1e-07`), and integers over 2^53. Such a number is kept as the text that it is written with; `JSON.stringify` writes it
 * as it is. To everything else it is one opaque value.
 */
export interface ExactNumber {
  readonly rawJSON: string;
}

/** ECMAScript's "JSON.parse source text access", which TypeScript's library does not know yet. */
const json = JSON as unknown as {
  rawJSON(text: string): ExactNumber;
  isRawJSON(value: unknown): value is ExactNumber;
  parse(text: string, reviver: (name: string, value: unknown, context: { source?: string }) => unknown): unknown;
};

/** Finds texts that may hold such numbers; within strings it finds more, which costs time and changes nothing. */
const SUSPECT = /(?:^|[:[,\s])-?\d+(?:\.0+(?:[\s,\]}]|$)|\.0{4}|\d{15}|(?:\.\d+)?[eE])/;

/** Python writes a float with an exponent from here on, */
const EXPONENT_FROM = 1e16;
/** and below this. */
const EXPONENT_BELOW = 1e-4;

/** `JSON.parse` that keeps numbers exact. @throws SyntaxError */
export function parseExactly(text: string): unknown {
  if (!SUSPECT.test(text)) return JSON.parse(text);
  return json.parse(text, (_name, value, { source }) =>
    typeof value === 'number' && source !== undefined ? exactNumber(value, source) : value,
  );
}

/** Whether JSON text has numbers that only {@link parseExactly} keeps; may be true of a text that has none. */
export function mayHoldExactNumbers(text: string): boolean {
  return SUSPECT.test(text);
}

/** Whether a value is a number that is kept as text. */
export function isExactNumber(value: unknown): value is ExactNumber {
  return json.isRawJSON(value);
}

/** A number for an answer, whose type says no more than that it is one. */
export function asContractNumber(number: number | ExactNumber): number {
  return number as number;
}

/** A copy of a JSON value with ordinary numbers, for what compares or checks them. */
export function withPlainNumbers(value: unknown): unknown {
  if (isExactNumber(value)) return Number(value.rawJSON);
  if (Array.isArray(value)) return value.map(withPlainNumbers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withPlainNumbers(member)]));
}

/** What {@link parseExactly} reads as no number; anything over the largest number is read as infinite. */
const NOT_A_NUMBER = '1e9999';

/** A number that is not finite, by JavaScript's and Python's name for it, as text that {@link parseExactly} reads as it. */
export function textOfNonFinite(name: string): string {
  return name === 'NaN' ? NOT_A_NUMBER : name.replace('Infinity', '1e999');
}

function exactNumber(value: number, source: string): number | ExactNumber {
  if (source === NOT_A_NUMBER) return Number.NaN;
  if (!/[.eE]/.test(source)) return Number.isSafeInteger(value) ? value : json.rawJSON(source);
  return asFloat(value);
}

/** A number as Python writes a float, `1.0` and not `1`. */
export function asFloat(value: number): number | ExactNumber {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return value;
  if (size >= EXPONENT_FROM || (size > 0 && size < EXPONENT_BELOW)) {
    return json.rawJSON(value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2'));
  }
  return Number.isInteger(value) ? json.rawJSON(`${Object.is(value, -0) ? '-0' : value}.0`) : value;
}
