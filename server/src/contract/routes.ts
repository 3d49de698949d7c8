import type { Operation } from './operation-index.ts';

/** A path that fits an operation, with its decoded parameters. */
export interface RouteMatch {
  readonly operation: Operation;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A path that other methods than the request's are for. */
export interface OtherMethods {
  readonly allowed: readonly string[];
}

/** Finds the operation of a request. */
export type FindRoute = (method: string, path: string) => RouteMatch | OtherMethods | 'not-found';

/**
 * Compiles the routes: a map from `/api/v1/<resource>` and the number of segments to a few candidates, literal
 * segments before parameters. One look-up and a short loop, where a router with 272 entries tests each in turn.
 */
export function compileRoutes(operations: readonly Operation[]): FindRoute {
  const buckets = new Map<string, Operation[]>();
  for (const operation of operations) {
    const key = bucketOf(operation.segments);
    buckets.set(key, [...(buckets.get(key) ?? []), operation]);
  }
  for (const bucket of buckets.values()) bucket.sort((a, b) => countParameters(a) - countParameters(b));
  return (method, path) => {
    const segments = path.split('/').slice(1);
    const fitting = (buckets.get(bucketOf(segments)) ?? []).filter(({ segments: pattern }) => fits(pattern, segments));
    if (fitting.length === 0) return 'not-found';
    const operation = fitting.find((candidate) => candidate.method === method);
    if (!operation) return { allowed: [...new Set(fitting.map(({ method: other }) => other))] };
    return { operation, parameters: parametersOf(operation.segments, segments) };
  };
}

function bucketOf(segments: readonly string[]): string {
  return `${segments.length} ${segments.slice(0, 3).join('/')}`;
}

function countParameters({ segments }: Operation): number {
  return segments.filter(isParameter).length;
}

function isParameter(segment: string): boolean {
  return segment.startsWith('{');
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return pattern.every((part, index) => part === segments[index] || (isParameter(part) && segments[index] !== ''));
}

function parametersOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> {
  const parameters: Record<string, string> = {};
  pattern.forEach((part, index) => {
    if (isParameter(part)) parameters[part.slice(1, -1)] = decode(segments[index] ?? '');
  });
  return parameters;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
