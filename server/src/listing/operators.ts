import { RequestValidationError } from '../errors.ts';

/** The operators of a filter, `operator:value` in a query (ZenML 0.98.0 enums.GenericFilterOps). */
export const OPERATORS = [
  'equals',
  'notequals',
  'contains',
  'notcontains',
  'startswith',
  'endswith',
  'oneof',
  'notoneof',
  'isnull',
  'isnotnull',
  'gte',
  'gt',
  'lte',
  'lt',
  'in',
] as const;

export type Operator = (typeof OPERATORS)[number];

/** A filter's operator and operand as the client wrote them; a list for `oneof`/`notoneof`, `null` for `isnull`/`isnotnull`. */
export interface Comparison {
  readonly operator: Operator;
  readonly value: string | readonly unknown[] | null;
}

/** 422 in the shape that the reference gives for filters. */
export function filterError(message: string): RequestValidationError {
  return new RequestValidationError(message, true);
}

/** Splits `operator:value`; text before a colon that names no operator belongs to the value. */
export function parseComparison(text: string): Comparison {
  const colon = text.indexOf(':');
  const prefix = colon < 0 ? '' : text.slice(0, colon);
  if (!isOperator(prefix)) return { operator: 'equals', value: text };
  const value = text.slice(colon + 1);
  if (prefix === 'isnull' || prefix === 'isnotnull') {
    if (value !== '') {
      throw filterError(`'isnull:' and 'isnotnull:' take no value, as in 'isnull:'; the value was '${value}'.`);
    }
    return { operator: prefix, value: null };
  }
  if (prefix === 'oneof' || prefix === 'notoneof') return { operator: prefix, value: parseList(prefix, value) };
  return { operator: prefix, value };
}

function isOperator(text: string): text is Operator {
  return (OPERATORS as readonly string[]).includes(text);
}

function parseList(operator: Operator, text: string): readonly unknown[] {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list;
  } catch {
    // Told below, together with JSON that is no list.
  }
  throw filterError(`'${operator}:' takes a list in JSON, such as '${operator}:["a", "b"]'.`);
}
