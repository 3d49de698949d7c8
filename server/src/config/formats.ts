import { isIP } from 'node:net';
import { z } from 'zod';

/*
 * How the texts of variables become values. Each format's description completes "must be …" in an error message and
 * stands in the documentation; a `custom` issue brings a message of its own.
 */

export const text = z.string().describe('a text');

/** A variable that may not be set, because what it asks for is not offered. */
export const unset = z
  .string()
  .transform((_value, context) => {
    context.addIssue({ code: 'invalid_value', values: [] });
    return z.NEVER;
  })
  .describe('unset');

/** How ZenML's models let `true` be spelled, in lower case. */
export const TRUE = ['1', 'true', 't', 'yes', 'y', 'on'];
const FALSE = ['0', 'false', 'f', 'no', 'n', 'off'];

/** The spellings that ZenML's models read as a boolean. */
export const boolean = z.stringbool({ truthy: TRUE, falsy: FALSE }).describe('`true` or `false`');

/** A whole number from `minimum` to `maximum`. */
export function integer(minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  return z
    .string()
    .trim()
    .regex(/^[+-]?\d+$/)
    .transform(Number)
    .pipe(z.int().min(minimum).max(maximum))
    .describe(`a whole number ${range(minimum, maximum)}`);
}

/** A number from `minimum` to `maximum`, with decimals. */
export function decimal(minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  return z
    .string()
    .trim()
    .regex(/^[+-]?\d+(?:\.\d+)?$/)
    .transform(Number)
    .pipe(z.number().min(minimum).max(maximum))
    .describe(`a number ${range(minimum, maximum)}`);
}

function range(minimum: number, maximum: number): string {
  return maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
}

/** One of some words, as they are spelled. */
export function oneOf<const Word extends string>(...words: readonly [Word, ...Word[]]) {
  return z.enum(words).describe(`${words.length > 1 ? 'one of ' : ''}${words.map((word) => `\`${word}\``).join(', ')}`);
}

/** A TCP port; 0 takes a free one. */
export const port = integer(0, 65_535);

/** An address of the web, without the slash at its end. */
export const webAddress = z
  .string()
  .trim()
  .refine((address) => URL.canParse(address) && /^https?:$/.test(new URL(address).protocol))
  .transform((address) => address.replace(/\/+$/, ''))
  .describe('an `http://` or `https://` address');

export const uuid = z
  .uuid()
  .transform((id) => id.toLowerCase())
  .describe('a UUID');

/** Names that are separated by commas. */
export const list = z
  .string()
  .transform((names) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )
  .describe('a list, separated by commas');

/** IP addresses and networks that are separated by commas; `*` is all of them. */
export const networks = list
  .refine((names) => names.every((name) => name === '*' || isNetwork(name)))
  .describe('a list of IP addresses and networks such as `10.0.0.0/8`, or `*` for all');

/** Whether a text is an IP address, or one with the length of a network's prefix after a slash. */
export function isNetwork(name: string): boolean {
  const [address = '', bits = '0', ...more] = name.split('/');
  const version = isIP(address);
  return version !== 0 && more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
}

/** A bucket and, after it, what the names of objects begin with. The scheme may be left out. */
export function bucket(scheme: 's3' | 'gs') {
  return z
    .string()
    .trim()
    .transform((uri) => (uri.includes('://') ? uri : `${scheme}://${uri}`).replace(/\/+$/, ''))
    .refine((uri) => new RegExp(`^${scheme}://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](?:/.+)?$`).test(uri))
    .describe(`\`${scheme}://bucket\` or \`${scheme}://bucket/prefix\``);
}

/** A JSON object with the given values. Parse errors of JSON quote the text, so they are not passed on. */
export function jsonObject<Value>(values: z.ZodType<Value>, description = 'a JSON object') {
  const record = z.record(z.string(), values);
  return z
    .string()
    .transform((json, context) => {
      const object = record.safeParse(parseJson(json));
      if (object.success) return object.data;
      context.addIssue({ code: 'invalid_format', format: 'json_string' });
      return z.NEVER;
    })
    .describe(description);
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
