import type { ContractDocument, OperationObject, ParameterObject } from './document.ts';
import type { OperationId } from './operation-types.ts';

/** What the server needs to know of an operation to route, check and answer it. */
export interface Operation {
  readonly id: OperationId;
  readonly method: string;
  /** The path as the document has it, `{name}` for parameters. */
  readonly path: string;
  /** The path's parts; a parameter is `{name}`. */
  readonly segments: readonly string[];
  /** Whether a caller must be authenticated. */
  readonly secured: boolean;
  readonly parameters: readonly ParameterObject[];
  readonly body: OperationBody | undefined;
  /** The status of success: 200, or 202 for one operation. */
  readonly status: number;
}

/** The request body of an operation. */
export interface OperationBody {
  readonly required: boolean;
  readonly contentType: 'application/json' | 'application/x-www-form-urlencoded';
  /** JSON pointer into the document, for the validator. */
  readonly pointer: string;
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

/** Lists the operations of the contract in the document's order. */
export function listOperations(document: ContractDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [toOperation(path, method, operation)] : [];
    }),
  );
}

function toOperation(path: string, method: string, operation: OperationObject): Operation {
  return {
    id: operation.operationId as OperationId,
    method: method.toUpperCase(),
    path,
    segments: path.split('/').slice(1),
    secured: operation.security !== undefined,
    parameters: operation.parameters ?? [],
    body: toBody(path, method, operation),
    status: Number(Object.keys(operation.responses).find((status) => status.startsWith('2')) ?? 200),
  };
}

function toBody(path: string, method: string, { requestBody }: OperationObject): OperationBody | undefined {
  if (!requestBody) return undefined;
  const contentType =
    'application/json' in requestBody.content ? 'application/json' : 'application/x-www-form-urlencoded';
  const parts = ['paths', path, method, 'requestBody', 'content', contentType, 'schema'];
  const pointer = parts.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
  return { required: requestBody.required ?? false, contentType, pointer: `/${pointer}` };
}
