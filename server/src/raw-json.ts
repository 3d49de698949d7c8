import { randomBytes } from 'node:crypto';
import { toValidJson } from './python-json.ts';

/**
 * JSON text that goes into an answer as it is. Step configurations, schemas and environments are stored as JSON text
 * of up to megabytes; parsing them only to print them again would cost more than the rest of the request.
 */
class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): string {
    return `${MARK}${pending.push(this.text) - 1}${MARK}`;
  }
}

/** Unguessable, so that no stored text can be taken for a placeholder. */
const MARK = `@raw-${randomBytes(12).toString('hex')}@`;
const PLACEHOLDER = new RegExp(`"${MARK}(\\d+)${MARK}"`, 'g');

/** Filled and emptied within one synchronous `stringify`. */
let pending: string[] = [];

/** Embeds JSON text, as this server or Python's `json` has stored it, under the type that it has in the contract. */
export function rawJson<T>(text: string): T {
  return new RawJson(toValidJson(text)) as T;
}

/** Embeds stored JSON text, or gives `otherwise` for SQL NULL. */
export function rawJsonOr<T>(text: string | null, otherwise: T): T {
  return text === null ? otherwise : rawJson<T>(text);
}

/** The text of a {@link rawJson} value; `undefined` for any other. */
export function rawTextOf(value: unknown): string | undefined {
  return value instanceof RawJson ? value.text : undefined;
}

/** `JSON.stringify` that knows {@link rawJson} values. */
export function stringify(value: unknown): string {
  pending = [];
  const json = JSON.stringify(value) ?? 'null';
  if (pending.length === 0) return json;
  const texts = pending;
  pending = [];
  return json.replace(PLACEHOLDER, (_match, index: string) => texts[Number(index)] ?? 'null');
}
