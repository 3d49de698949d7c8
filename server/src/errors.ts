/**
 * Errors that a client may see. Their names are part of the contract: the SDK rebuilds the Python exception of the
 * same name from `detail: [name, message]` (ZenML 0.98.0 zen_server/exceptions.py); http/error-response.ts holds the
 * status of each.
 */
export type ApiErrorName =
  | 'EntityExistsError'
  | 'IllegalOperationError'
  | 'CredentialsNotValid'
  | 'AuthorizationException'
  | 'SubscriptionUpgradeRequiredError'
  | 'DoesNotExistException'
  | 'KeyError'
  | 'ValueError'
  | 'MaxConcurrentTasksError'
  | 'LogStoreError'
  | 'RuntimeError'
  | 'NotImplementedError';

/** An error whose name and message reach the client. */
export class ApiError extends Error {
  override readonly name: ApiErrorName;

  constructor(name: ApiErrorName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}

/** 409: an entity of that name or key is there already. */
export const entityExists = (message: string): ApiError => new ApiError('EntityExistsError', message);

/** 404: nothing with that id or name. The message travels as Python's `str(KeyError(…))`, in quotes. */
export const keyError = (message: string): ApiError => new ApiError('KeyError', pythonRepr(message));

/** 403: the caller may not, or the state of the entity forbids it. */
export const illegalOperation = (message: string): ApiError => new ApiError('IllegalOperationError', message);

/** 400: a value that passed the schema but makes no sense. */
export const valueError = (message: string): ApiError => new ApiError('ValueError', message);

/** 401: no, wrong, expired or revoked credentials. */
export const credentialsNotValid = (message: string): ApiError => new ApiError('CredentialsNotValid', message);

/** 501: an operation of the contract that this server does not offer. */
export const notImplemented = (message: string): ApiError => new ApiError('NotImplementedError', message);

/** 422: a request that does not fit its schema; `wrapped` tells which of the reference's two shapes the body takes. */
export class RequestValidationError extends Error {
  /** `true`: `{"detail": ["ValueError", message]}` (filters), `false`: the bare list (parameters and bodies). */
  readonly wrapped: boolean;

  constructor(message: string, wrapped = false) {
    super(message);
    this.name = 'RequestValidationError';
    this.wrapped = wrapped;
  }
}

/** Quotes a text as Python's `repr` does: double quotes where it holds single ones only. */
function pythonRepr(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
  return escaped.includes("'") && !escaped.includes('"') ? `"${escaped}"` : `'${escaped.replaceAll("'", "\\'")}'`;
}
