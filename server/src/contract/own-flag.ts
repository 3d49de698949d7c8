import { readContract } from './document.ts';
import { compileParameters } from './parameters.ts';
import type { RequestContext } from './registry.ts';

/** Whether a request sets a flag. @throws RequestValidationError 422 for what is neither true nor false */
export type ReadFlag = (request: Pick<RequestContext, 'url'>) => boolean;

/**
 * Reads a flag in the query that the contract does not know, as those that it knows are read: clients of Python write
 * `True`.
 */
export function createOwnFlag(name: string): ReadFlag {
  // Made at the first request.
  let read: ReturnType<typeof compileParameters> | undefined;
  return ({ url }) => {
    read ??= compileParameters(readContract(), [{ in: 'query', name, schema: { type: 'boolean', default: false } }]);
    return read({}, new URLSearchParams(url.split('?')[1])).query[name] === true;
  };
}
