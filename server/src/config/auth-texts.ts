import { isObject } from '../json.ts';
/** What a JSON object of credentials must hold, collected while it is read. */
export class AuthTexts {
  readonly missing: string[] = [];
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** A text that may be left out. */
  find(key: string): string | undefined {
    const value = this.#values[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  /** A text that must be there. */
  need(key: string): string {
    const value = this.find(key);
    if (value === undefined) this.missing.push(key);
    return value ?? '';
  }

  /** Texts that may be left out. */
  findList(key: string): readonly string[] | undefined {
    const value = this.#values[key];
    if (!Array.isArray(value)) return undefined;
    const texts = value.filter((one) => typeof one === 'string');
    return texts.length > 0 ? texts : undefined;
  }

  /** A JSON object that must be there: as such, as its text, or as the base64 of that, as ZenML takes it. */
  needObject(key: string): Readonly<Record<string, unknown>> {
    const value = this.#values[key];
    const object = typeof value === 'string' ? (parseObject(value) ?? parseObject(fromBase64(value))) : value;
    if (isObject(object)) return object;
    this.missing.push(key);
    return {};
  }
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}

function parseObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
