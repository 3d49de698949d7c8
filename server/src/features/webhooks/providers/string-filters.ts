/** A filter of an event: one of several expressions, `operator:operand` or the text itself. */
export type Filter = string | readonly string[];

type Comparison = (actual: string, operand: string) => boolean;

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ['equals', (actual, operand) => actual === operand],
  ['notequals', (actual, operand) => actual !== operand],
  ['contains', (actual, operand) => actual.includes(operand)],
  ['notcontains', (actual, operand) => !actual.includes(operand)],
  ['startswith', (actual, operand) => actual.startsWith(operand)],
  ['endswith', (actual, operand) => actual.endsWith(operand)],
  ['oneof', (actual, operand) => choicesOf(operand).includes(actual)],
  ['notoneof', (actual, operand) => !choicesOf(operand).includes(actual)],
]);

const LISTS = ['oneof', 'notoneof'];
const NEGATIONS = ['notequals', 'notcontains', 'notoneof'];

/** ZenML 0.98.0 webhooks/providers/base.py */
const MAX_EXPRESSIONS = 10;
const MAX_LENGTH = 512;
const MAX_CHOICES = 10;

/** What is wrong with a filter; `undefined` where nothing is. */
export function filterProblem(filter: Filter, field: string): string | undefined {
  const expressions = typeof filter === 'string' ? [filter] : filter;
  const named = `Webhook event filter '${field}'`;
  if (expressions.length === 0) return `${named} is empty.`;
  if (expressions.length > MAX_EXPRESSIONS) return `${named} supports at most ${MAX_EXPRESSIONS} expressions.`;
  return expressions.map((expression) => expressionProblem(expression, named)).find((problem) => problem !== undefined);
}

function expressionProblem(expression: string, named: string): string | undefined {
  if (expression === '') return `${named} is empty.`;
  if (expression.length > MAX_LENGTH) return `${named} expressions must not exceed ${MAX_LENGTH} characters.`;
  const { operator, operand } = parse(expression);
  if (operator === undefined) return undefined;
  if (operand === '') return `${named} has an empty operand.`;
  if (!LISTS.includes(operator)) return undefined;
  const choices = parseList(operand);
  if (choices === undefined) return `${named} requires a JSON-formatted list for '${operator}'.`;
  const fits =
    choices.length > 0 &&
    choices.length <= MAX_CHOICES &&
    choices.every((choice) => typeof choice === 'string' && choice);
  return fits
    ? undefined
    : `${named} requires a non-empty JSON list of at most ${MAX_CHOICES} strings for '${operator}'.`;
}

/** What begins with no known operator is a text to be equal to. */
function parse(expression: string): { operator?: string; operand: string } {
  const colon = expression.indexOf(':');
  const operator = colon < 0 ? '' : expression.slice(0, colon);
  return COMPARISONS.has(operator) ? { operator, operand: expression.slice(colon + 1) } : { operand: expression };
}

function parseList(operand: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(operand);
    return Array.isArray(value) ? value : [];
  } catch {
    return undefined;
  }
}

function choicesOf(operand: string): readonly unknown[] {
  return parseList(operand) ?? [];
}

/** Whether one text, or a collection of them, fits one of the expressions of a filter. What is unknown fits none. */
export function matchesFilter(actual: string | null | readonly string[], filter: Filter | null | undefined): boolean {
  if (filter == null) return true;
  if (actual === null) return false;
  const texts = typeof actual === 'string' ? [actual] : actual;
  if (texts.length === 0) return false;
  return (typeof filter === 'string' ? [filter] : filter).some((expression) => {
    const { operator = 'equals', operand } = parse(expression);
    const fits = (text: string) => COMPARISONS.get(operator)?.(text, operand) ?? false;
    return NEGATIONS.includes(operator) ? texts.every(fits) : texts.some(fits);
  });
}
