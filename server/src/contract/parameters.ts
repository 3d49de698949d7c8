import { RequestValidationError } from '../errors.ts';
import type { ContractDocument, JsonSchema, ParameterObject } from './document.ts';
import { DATE_TIME_TEXT } from './formats.ts';
import { type Issue, issuesText } from './issues.ts';

type Parsed = string | number | boolean | string[] | undefined;
type Parser = (values: readonly string[]) => Parsed | Issue;

/** Reads a request's parameters: raw texts to the types of the contract. */
export type ParameterReader = (
  path: Readonly<Record<string, string>>,
  query: URLSearchParams,
) => { path: Record<string, Parsed>; query: Record<string, Parsed> };

/**
 * Compiles the path and query parameters of one operation. Unknown query parameters are ignored, as the reference
 * does. The reader throws {@link RequestValidationError} with every mistake at once.
 */
export function compileParameters(document: ContractDocument, parameters: readonly ParameterObject[]): ParameterReader {
  const compiled = parameters
    .filter((parameter) => parameter.in === 'path' || parameter.in === 'query')
    .map((parameter) => ({ ...parameter, ...compileSchema(document, parameter.schema) }));
  return (path, query) => {
    const result: Record<'path' | 'query', Record<string, Parsed>> = { path: {}, query: {} };
    const issues: Issue[] = [];
    for (const parameter of compiled) {
      const place = parameter.in as 'path' | 'query';
      const values = place === 'path' ? [path[parameter.name] ?? ''] : query.getAll(parameter.name);
      const value = read(parameter, values);
      if (isIssue(value)) issues.push({ ...value, location: [place, parameter.name] });
      else if (value !== undefined) result[place][parameter.name] = value;
    }
    if (issues.length > 0) throw new RequestValidationError(issuesText(issues));
    return result;
  };
}

function read(parameter: { required?: boolean; default: unknown; parse: Parser }, values: readonly string[]) {
  if (values.length > 0) return parameter.parse(values);
  if (parameter.required) return { type: 'missing', message: 'Field required', location: [] } satisfies Issue;
  return parameter.default as Parsed;
}

function isIssue(value: Parsed | Issue): value is Issue {
  return typeof value === 'object' && !Array.isArray(value);
}

function compileSchema(document: ContractDocument, schema: JsonSchema): { default: unknown; parse: Parser } {
  const branches = schema.anyOf ?? [schema];
  if (branches.some(({ $ref }) => $ref === LOG_LEVELS)) return { default: undefined, parse: lastOf(parseLogLevel) };
  const options = branches.map((option) => resolve(document, option));
  const known = options.filter((option) => option.type !== 'null');
  const parse = known.some((option) => option.type === 'array')
    ? (values: readonly string[]) => [...values]
    : lastOf(parserOf(known));
  return { default: schema.default ?? undefined, parse };
}

function resolve(document: ContractDocument, schema: JsonSchema): JsonSchema {
  const name = schema.$ref?.split('/').at(-1);
  return (name && document.components.schemas[name]) || schema;
}

function lastOf(parse: (value: string) => Parsed | Issue): Parser {
  return (values) => parse(values.at(-1) ?? '');
}

/** Unions with plain text take text: what an id or a name may be is for the operation to tell. */
function parserOf(options: readonly JsonSchema[]): (value: string) => Parsed | Issue {
  const plainText = options.some((option) => option.type === 'string' && !option.format && !option.enum);
  const schema = options[0];
  if (plainText || !schema) return (value) => value;
  if (schema.enum) return enumParser(schema.enum);
  if (schema.type === 'boolean') return parseBoolean;
  if (schema.type === 'integer') return (value) => parseInteger(value, schema);
  if (schema.format === 'uuid') return parseUuid;
  if (schema.format === 'date-time') return parseDateTime;
  return (value) => value;
}

function enumParser(allowed: readonly unknown[]): (value: string) => Parsed | Issue {
  const expected = allowed.map((value) => `'${value}'`);
  const last = expected.pop();
  const text = expected.length > 0 ? `${expected.join(', ')} or ${last}` : last;
  return (value) => {
    const found = allowed.find((known) => String(known) === value);
    if (typeof found === 'string' || typeof found === 'number') return found;
    return { type: 'enum', message: `Input should be ${text}`, location: [], input: value };
  };
}

const TRUE_TEXTS = new Set(['1', 'true', 't', 'yes', 'y', 'on']);
const FALSE_TEXTS = new Set(['0', 'false', 'f', 'no', 'n', 'off']);

function parseBoolean(value: string): Parsed | Issue {
  const text = value.toLowerCase();
  if (TRUE_TEXTS.has(text)) return true;
  if (FALSE_TEXTS.has(text)) return false;
  const message = 'Input should be a valid boolean, unable to interpret input';
  return { type: 'bool_parsing', message, location: [], input: value };
}

function parseInteger(value: string, { minimum, maximum, exclusiveMinimum }: JsonSchema): Parsed | Issue {
  const issue = (type: string, message: string): Issue => ({ type, message, location: [], input: value });
  if (!/^\s*[+-]?\d+(?:\.0+)?\s*$/.test(value)) return issue('int_parsing', 'Input should be a valid integer');
  const number = Number(value);
  if (minimum !== undefined && number < minimum) {
    return issue('greater_than_equal', `Input should be greater than or equal to ${minimum}`);
  }
  if (exclusiveMinimum !== undefined && number <= exclusiveMinimum) {
    return issue('greater_than', `Input should be greater than ${exclusiveMinimum}`);
  }
  if (maximum !== undefined && number > maximum) {
    return issue('less_than_equal', `Input should be less than or equal to ${maximum}`);
  }
  return number;
}

const LOG_LEVELS = '#/components/schemas/LoggingLevels';
const LEVELS: Readonly<Record<string, number>> = {
  NOTSET: 0,
  DEBUG: 10,
  INFO: 20,
  WARN: 30,
  WARNING: 30,
  ERROR: 40,
  CRITICAL: 50,
};

/** Levels have names besides their numbers (ZenML 0.98.0 models/v2/misc/log_models.py). */
function parseLogLevel(value: string): Parsed | Issue {
  const text = value.trim();
  const level = LEVELS[text.toUpperCase()] ?? (/^\d+$/.test(text) ? Number(text) : undefined);
  if (level !== undefined && Object.values(LEVELS).includes(level)) return level;
  const message = `'${value}' is not a log level. Use one of ${Object.keys(LEVELS).join(', ')} or a level's number.`;
  return { type: 'value_error', message, location: [], input: value };
}

function parseDateTime(value: string): Parsed | Issue {
  if (DATE_TIME_TEXT.test(value) && !Number.isNaN(Date.parse(value.slice(0, 10)))) return value;
  return { type: 'datetime_parsing', message: 'Input should be a valid datetime', location: [], input: value };
}

const UUID_TEXT = /^(?:urn:uuid:)?\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i;

/** Takes what Python's UUID takes and gives the hyphenated lower-case form. */
function parseUuid(value: string): Parsed | Issue {
  const parts = UUID_TEXT.exec(value)?.slice(1);
  if (parts) return parts.join('-').toLowerCase();
  return { type: 'uuid_parsing', message: 'Input should be a valid UUID', location: [], input: value };
}
