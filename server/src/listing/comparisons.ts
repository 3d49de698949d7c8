import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { isUuid, toDatabaseId } from '../database/ids.ts';
import { valueError } from '../errors.ts';
import { type Comparison, filterError, type Operator, parseComparison } from './operators.ts';

/** A condition of a WHERE clause. */
export type Condition = RawBuilder<SqlBool>;

/** A column or an expression to compare. */
export type Operand = RawBuilder<unknown>;

/** Turns a filter's text into a condition on an operand; throws 422 for what the type cannot do. */
export type Comparator = (text: string) => (operand: Operand) => Condition;

/** The types of ZenML 0.98.0 models/v2/base/filter.py, each with the operators that it allows. */
export const compareText: Comparator = (text) => compileText(parseComparison(text));

/** Like {@link compareText}, for a column that holds JSON: `run_metadata.value` has its texts in quotes. */
export const compareJsonText: Comparator = (text) => compileJsonText(parseComparison(text));

/** Compares ids: by value for `equals` and `notequals`, else the 32 digits as text, so that prefixes can be searched. */
export const compareUuid: Comparator = (text) => {
  const { operator, value } = parseComparison(text);
  if (operator === 'equals' || operator === 'notequals') {
    const id = String(value);
    if (!isUuid(id)) return () => (operator === 'equals' ? sql<SqlBool>`false` : sql<SqlBool>`true`);
    return (operand) => sql`${operand} ${sql.raw(SIGNS[operator])} ${toDatabaseId(id)}`;
  }
  const withoutHyphens = Array.isArray(value) ? value.map(stripHyphens) : value === null ? null : stripHyphens(value);
  return compileText({ operator, value: withoutHyphens });
};

const NUMERIC_OPERATORS: readonly Operator[] = ['equals', 'notequals', 'isnull', 'isnotnull', 'gt', 'gte', 'lt', 'lte'];

/** Compares integers. */
export const compareInteger: Comparator = (text) => {
  const { operator, value } = allowed(parseComparison(text), NUMERIC_OPERATORS);
  if (value === null) return nullCheck(operator);
  const number = toNumber(String(value));
  if (!/^\s*[+-]?[\d_]+\s*$/.test(String(value)) || !Number.isFinite(number)) {
    throw filterError('The int filter only works with integer values.');
  }
  return (operand) => sql`${operand} ${sql.raw(SIGNS[operator])} ${number}`;
};

const BOOLEAN_OPERATORS: readonly Operator[] = ['equals', 'notequals', 'isnull', 'isnotnull'];
const TRUE_TEXTS = ['1', 'y', 'yes', 'true', 'on'];
const FALSE_TEXTS = ['0', 'n', 'no', 'false', 'off'];

/** Compares flags. */
export const compareBoolean: Comparator = (text) => {
  const { operator, value } = allowed(parseComparison(text), BOOLEAN_OPERATORS);
  if (value === null) return nullCheck(operator);
  const flag = String(value).trim().toLowerCase();
  if (!TRUE_TEXTS.includes(flag) && !FALSE_TEXTS.includes(flag)) {
    throw filterError('The bool filter only works with boolean values.');
  }
  return (operand) => sql`${operand} ${sql.raw(SIGNS[operator])} ${TRUE_TEXTS.includes(flag) ? 1 : 0}`;
};

const INSTANT_OPERATORS: readonly Operator[] = [...NUMERIC_OPERATORS, 'in'];

/** Compares instants, written `YYYY-MM-DD HH:MM:SS` in UTC; `in` takes two, separated by a comma. */
export const compareInstant: Comparator = (text) => {
  const { operator, value } = allowed(parseComparison(text), INSTANT_OPERATORS);
  if (value === null) return nullCheck(operator);
  const instants = String(value).split(',').map(checkInstant);
  const [from, to] = instants;
  if (operator === 'in') {
    if (instants.length !== 2)
      throw filterError('Two comma separated datetime values are required for the `in` operator.');
    return (operand) => sql`${operand} between ${from} and ${to}`;
  }
  if (to !== undefined) throw filterError(`Only a single datetime value is allowed for operator ${operator}.`);
  return (operand) => sql`${operand} ${sql.raw(SIGNS[operator])} ${from}`;
};

const SIGNS: Readonly<Record<Operator, string>> = {
  equals: '=',
  notequals: '!=',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  oneof: 'in',
  notoneof: 'not in',
  contains: 'like',
  notcontains: 'not like',
  startswith: 'like',
  endswith: 'like',
  isnull: 'is null',
  isnotnull: 'is not null',
  in: 'in',
};

function compileText(comparison: Comparison): (operand: Operand) => Condition {
  const { operator, value } = comparison;
  const sign = sql.raw(SIGNS[operator]);
  switch (operator) {
    case 'isnull':
    case 'isnotnull':
      return nullCheck(operator);
    case 'oneof':
    case 'notoneof':
      return oneOf(operator, value as readonly unknown[]);
    case 'contains':
    case 'notcontains':
      return (operand) => sql`${operand} ${sign} ${`%${value}%`}`;
    case 'startswith':
      return (operand) => sql`${operand} like ${`${value}%`}`;
    case 'endswith':
      return (operand) => sql`${operand} like ${`%${value}`}`;
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return compareAsNumber(operator, value);
    case 'in':
      throw notAllowed(operator);
    default:
      return (operand) => sql`${operand} ${sign} ${value}`;
  }
}

/** Reads a number as Python does, which takes `1_000` but neither `0x10` nor blanks; infinite where it is too large. */
function toNumber(text: string): number {
  const plain = text.replaceAll(/(?<=\d)_(?=\d)/g, '').trim();
  return /^[\d.e+-]+$/i.test(plain) ? Number(plain) : Number.NaN;
}

/** The reference compares text numerically: a value that reads as zero never matches. */
function compareAsNumber(operator: Operator, value: Comparison['value']): (operand: Operand) => Condition {
  const number = toNumber(String(value));
  if (!Number.isFinite(number)) {
    // Unlike other mistakes in a filter, the reference finds this one only when it builds the statement: 400, not 422.
    const reason = `could not convert string to float: '${value}'`;
    throw valueError(`Failed to compare the column to the value '${value}' (must be numeric): ${reason}`);
  }
  return (operand) => {
    const numeric = sql`cast(${operand} as double)`;
    return sql`(${numeric} and ${numeric} ${sql.raw(SIGNS[operator])} ${number})`;
  };
}

function oneOf(operator: 'oneof' | 'notoneof', values: readonly unknown[]): (operand: Operand) => Condition {
  if (values.length === 0) return () => sql<SqlBool>`true`;
  // The driver writes a list as one of SQL, and an object as `[object Object]`.
  if (!values.every(isPlain)) throw filterError(`'${operator}:' takes texts, finite numbers, true, false and null.`);
  return (operand) => sql`${operand} ${sql.raw(SIGNS[operator])} (${sql.join(values)})`;
}

function isPlain(value: unknown): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : typeof value !== 'object' || value === null;
}

function compileJsonText({ operator, value }: Comparison): (operand: Operand) => Condition {
  const plain = compileText({ operator, value });
  switch (operator) {
    case 'equals':
      return (operand) => sql`(${plain(operand)} or ${operand} = ${`"${value}"`})`;
    case 'notequals':
      return (operand) => sql`(${plain(operand)} and ${operand} != ${`"${value}"`})`;
    case 'oneof':
    case 'notoneof':
      return oneOf(
        operator,
        (value as readonly unknown[]).flatMap((item) => [item, `"${item}"`]),
      );
    case 'startswith':
      return (operand) => sql`(${plain(operand)} or ${operand} like ${`"${value}%`})`;
    case 'endswith':
      return (operand) => sql`(${plain(operand)} or ${operand} like ${`%${value}"`})`;
    default:
      return plain;
  }
}

function nullCheck(operator: Operator): (operand: Operand) => Condition {
  return (operand) => sql`${operand} ${sql.raw(SIGNS[operator])}`;
}

function allowed(comparison: Comparison, operators: readonly Operator[]): Comparison {
  if (!operators.includes(comparison.operator)) throw notAllowed(comparison.operator, operators);
  return comparison;
}

function notAllowed(operator: Operator, operators?: readonly Operator[]) {
  const alternatives = operators ? ` The allowed operations are: ${operators.join(', ')}.` : '';
  return filterError(`This datatype can not be filtered using this operation: '${operator}'.${alternatives}`);
}

function stripHyphens(value: unknown): string {
  return String(value).replaceAll('-', '');
}

const INSTANT = /^(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})$/;

function checkInstant(text: string): string {
  const parts = INSTANT.exec(text)?.slice(1).map(Number);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts ?? [];
  // Not by `Date.UTC`, which takes the years below 100 for those of the last century.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isDay = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (parts && isDay && hour < 24 && minute < 60 && second < 60) return text;
  throw filterError('The datetime filter only works with values in the following format: %Y-%m-%d %H:%M:%S');
}
