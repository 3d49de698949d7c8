import type { IncomingMessage } from 'node:http';
import { createFormExpansion } from '../contract/accepted-forms.ts';
import { createBodyValidation } from '../contract/body-validation.ts';
import type { ContractDocument } from '../contract/document.ts';
import { createNumberRestoration } from '../contract/exact-bodies.ts';
import { allIssues } from '../contract/issues.ts';
import { createMemberFilter } from '../contract/named-members.ts';
import type { Operation, OperationBody } from '../contract/operation-index.ts';
import type { OperationId } from '../contract/operation-types.ts';
import { compileParameters, type ParameterReader } from '../contract/parameters.ts';
import { RequestValidationError } from '../errors.ts';
import { readBody } from './body.ts';

/** Largest body of a client whom nobody knows yet, bytes: a log-in is short, and no signature or rate holds it back. */
const STRANGERS_LIMIT = 64 * 1024;

type ReadParameters = ReturnType<ParameterReader>;

/** What a request brings, of the types that the contract gives it. */
export type RequestInput = ReadParameters & { readonly body: unknown };

/**
 * Reads what a request to an operation brings.
 * @param parameters those of the path
 */
export type InputReader = (
  operation: Operation,
  parameters: Readonly<Record<string, string>>,
  request: IncomingMessage,
) => Promise<RequestInput>;

/**
 * Makes the reader of requests. It rejects with {@link RequestValidationError}, which tells all mistakes of the
 * parameters and of the body at once, and with HttpError 413 for a body over the limit (bytes).
 */
export function createInputReader(document: ContractDocument, bodyLimit: number): InputReader {
  const parameterReaders = new Map<OperationId, ParameterReader>();
  const checkBody = createBodyCheck(document);

  return async (operation, parameters, request) => {
    const readParameters = parameterReaders.get(operation.id) ?? compileParameters(document, operation.parameters);
    parameterReaders.set(operation.id, readParameters);
    const query = new URLSearchParams(queryText(request.url ?? ''));
    const read = attempt(() => readParameters(parameters, query));
    const limit = operation.secured ? bodyLimit : Math.min(bodyLimit, STRANGERS_LIMIT);
    const body = operation.body ? await readCheckedBody(operation.body, request, limit) : undefined;
    if (body instanceof RequestValidationError)
      throw read instanceof RequestValidationError ? allIssues(read, body) : body;
    if (read instanceof RequestValidationError) throw read;
    return { ...read, body };
  };

  async function readCheckedBody(expected: OperationBody, request: IncomingMessage, limit: number): Promise<unknown> {
    const { value, exact } = await readBody(request, expected, limit);
    return value === undefined ? undefined : attempt(() => checkBody(expected, value, exact));
  }
}

type BodyCheck = (value: unknown, exact: unknown) => unknown;

/** Checks a parsed body, fills in what the contract gives it by default, puts exact numbers back, and leaves out the rest. */
function createBodyCheck(document: ContractDocument) {
  const validatorFor = createBodyValidation(document);
  const expansionFor = createFormExpansion(document);
  const restorationFor = createNumberRestoration(document);
  const filterFor = createMemberFilter(document);

  const compile = (expected: OperationBody): BodyCheck => {
    const expand = expansionFor(expected);
    const validate = validatorFor(expected);
    const restore = restorationFor(expected);
    const filter = filterFor(expected);
    return (value, exact) => {
      const body = expand(value);
      validate(body);
      if (exact !== undefined) restore(body, exact);
      filter(body);
      return body;
    };
  };

  const checks = new Map<string, BodyCheck>();
  return (expected: OperationBody, value: unknown, exact: unknown): unknown => {
    const check = checks.get(expected.pointer) ?? compile(expected);
    checks.set(expected.pointer, check);
    return check(value, exact);
  };
}

/** What a check gives, or how it refuses. */
function attempt<Result>(check: () => Result): Result | RequestValidationError {
  try {
    return check();
  } catch (error) {
    if (error instanceof RequestValidationError) return error;
    throw error;
  }
}

function queryText(url: string): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start + 1);
}
