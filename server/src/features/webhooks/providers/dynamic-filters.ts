import { isObject, type Json } from '../../../json.ts';
import { type Filter, matchesFilter } from './string-filters.ts';

/** A step into a payload: a member, an element, or all elements. */
type Step = string | number | typeof ALL;

const ALL = Symbol('all elements');

/** ZenML 0.98.0 webhooks/providers/dynamic.py */
export const MAX_PATHS = 10;
const MAX_LENGTH = 512;
const MAX_STEPS = 8;
const NAME = /[A-Za-z_][A-Za-z0-9_-]*/y;
const ELEMENT = /\[(?:(\d+)|(\*)|("(?:[^"\\]|\\.)*"))\]/y;

/** A trigger's wish for any event of a provider, by what stands in its payload. */
export interface DynamicTarget {
  readonly event_type: Filter;
  /** Filters by path, such as `commits[*].author.name`. */
  readonly filters: Readonly<Record<string, Filter>>;
}

/** What is wrong with a path; `undefined` where nothing is. */
export function pathProblem(path: string): string | undefined {
  try {
    parsePath(path);
    return undefined;
  } catch (error) {
    if (error instanceof PathError) return `Invalid dynamic webhook filter path '${path}': ${error.message}`;
    throw error;
  }
}

class PathError extends Error {}

function parsePath(path: string): Step[] {
  if (path === '') throw new PathError('path must not be empty');
  if (path.length > MAX_LENGTH) throw new PathError(`path must not exceed ${MAX_LENGTH} characters`);
  const steps: Step[] = [];
  let position = 0;
  const name = (reason: string) => {
    NAME.lastIndex = position;
    const found = NAME.exec(path)?.[0];
    if (found === undefined) throw new PathError(reason);
    position += found.length;
    steps.push(found);
  };
  const element = () => {
    ELEMENT.lastIndex = position;
    const found = ELEMENT.exec(path);
    if (!found) throw new PathError(bracketProblem(path, position));
    const [whole, index, all, quoted] = found;
    position += whole.length;
    steps.push(all ? ALL : quoted === undefined ? Number(index) : quotedName(quoted));
  };
  if (path.startsWith('["')) element();
  else name('path must start with an object key');
  while (position < path.length) {
    if (path[position] === '.') {
      position += 1;
      name("'.' must be followed by an object key");
    } else if (path[position] === '[') element();
    else throw new PathError(`unexpected character at position ${position}`);
    if (steps.length > MAX_STEPS) throw new PathError(`path must not contain more than ${MAX_STEPS} segments`);
  }
  if (steps.filter((step) => step === ALL).length > 1)
    throw new PathError('path must not contain more than 1 wildcard');
  return steps;
}

function bracketProblem(path: string, position: number): string {
  if (path[position + 1] === '"') return "quoted object keys must end with ']'";
  if (!path.includes(']', position)) return 'unclosed bracket';
  return "brackets require a non-negative index, '*', or JSON-quoted key";
}

function quotedName(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch (error) {
    throw new PathError('invalid quoted object key', { cause: error });
  }
}

/** Whether an event fits a trigger's wish. */
export function matchesDynamic(target: DynamicTarget, eventType: string, payload: Json): boolean {
  if (!matchesFilter(eventType, target.event_type)) return false;
  return Object.entries(target.filters).every(([path, filter]) => matchesFilter(textsAt(payload, path), filter));
}

function textsAt(payload: Json, path: string): string[] {
  const found = parsePath(path).reduce<unknown[]>(
    (values, step) => values.flatMap((value) => follow(value, step)),
    [payload],
  );
  return found.flatMap((value) => {
    if (typeof value === 'string') return [value];
    return value === null || typeof value === 'number' || typeof value === 'boolean' ? [JSON.stringify(value)] : [];
  });
}

function follow(value: unknown, step: Step): readonly unknown[] {
  if (step === ALL) return Array.isArray(value) ? value : [];
  if (typeof step === 'number') return Array.isArray(value) && step < value.length ? [value[step]] : [];
  return isObject(value) && Object.hasOwn(value, step) ? [value[step]] : [];
}
