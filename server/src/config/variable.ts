import type { z } from 'zod';

/** One environment variable: how its text becomes a value, what it is without one, and what it is for. */
export interface Variable<Value> {
  readonly name: string;
  /** From the text to the value; its description completes the sentence "must be …". */
  readonly format: z.ZodType<Value, string>;
  /** The value where the variable is unset or empty. */
  readonly fallback: Value;
  /** What the documentation shows as default. */
  readonly fallbackText: string;
  /** What it does: Markdown, one paragraph. */
  readonly doc: string;
  /** Its value is shown nowhere. */
  readonly secret: boolean;
  /** An older name, still read. */
  readonly formerName: string | undefined;
}

/** The variables of one concern, by the name of the configuration's field. */
export type VariableTable = Readonly<Record<string, Variable<unknown>>>;

/** What reading a table gives. */
export type ValuesOf<Table extends VariableTable> = {
  readonly [Field in keyof Table]: Table[Field] extends Variable<infer Value> ? Value : never;
};

interface Notes {
  readonly doc: string;
  readonly secret?: boolean;
  readonly formerName?: string;
}

/** A variable with a default. */
export function variable<Value>(
  name: string,
  format: z.ZodType<Value, string>,
  fallback: Value,
  notes: Notes & { readonly fallbackText?: string },
): Variable<Value> {
  const { doc, secret = false, formerName, fallbackText = `\`${String(fallback)}\`` } = notes;
  return { name, format, fallback, fallbackText, doc, secret, formerName };
}

/** A variable that may be unset; `unset` says what holds then. */
export function optional<Value>(
  name: string,
  format: z.ZodType<Value, string>,
  notes: Notes & { readonly unset?: string },
): Variable<Value | undefined> {
  const { doc, secret = false, formerName, unset = 'unset' } = notes;
  const orUndefined = format as z.ZodType<Value | undefined, string>;
  return { name, format: orUndefined, fallback: undefined, fallbackText: unset, doc, secret, formerName };
}
