import { NotAuthenticated } from '../auth/authenticator.ts';
import { misfitReason } from '../database/misfits.ts';
import { isDuplicateKey, isUnknownReference } from '../database/transaction.ts';
import { isUnavailable } from '../database/unavailable.ts';
import { ApiError, type ApiErrorName, entityExists, keyError, RequestValidationError, valueError } from '../errors.ts';
import { HttpError } from '../http-error.ts';

/** Status by error name, as ZenML 0.98.0 zen_server/exceptions.py lists them. */
const STATUS: Readonly<Record<ApiErrorName, number>> = {
  EntityExistsError: 409,
  IllegalOperationError: 403,
  CredentialsNotValid: 401,
  AuthorizationException: 401,
  SubscriptionUpgradeRequiredError: 402,
  DoesNotExistException: 404,
  KeyError: 404,
  ValueError: 400,
  MaxConcurrentTasksError: 429,
  LogStoreError: 502,
  RuntimeError: 500,
  NotImplementedError: 501,
};

/** An error as the client gets it. */
export interface ErrorResponse {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether nobody foresaw it: it is logged with its stack, and the client sees no internals. */
  readonly unexpected: boolean;
}

/** Turns whatever was thrown into status, body and headers. */
export function toErrorResponse(error: unknown): ErrorResponse {
  if (error instanceof ApiError) {
    return {
      status: STATUS[error.name],
      body: { detail: [error.name, error.message] },
      headers: {},
      unexpected: false,
    };
  }
  if (error instanceof RequestValidationError) {
    const detail = ['ValueError', error.message];
    return { status: 422, body: error.wrapped ? { detail } : detail, headers: {}, unexpected: false };
  }
  if (error instanceof NotAuthenticated) {
    const headers = { 'WWW-Authenticate': error.challenge };
    return { status: 401, body: { detail: error.message }, headers, unexpected: false };
  }
  if (error instanceof HttpError) {
    return { status: error.status, body: error.body, headers: error.headers, unexpected: false };
  }
  // Clients must come back later: the SDK retries 503 on every method.
  if (isUnavailable(error)) {
    const detail = ['RuntimeError', 'The database cannot be reached at the moment. Please try again later.'];
    return { status: 503, body: { detail }, headers: { 'Retry-After': '1' }, unexpected: true };
  }
  const refusal = refusalByDatabase(error);
  if (refusal) return toErrorResponse(refusal);
  const detail = [
    'RuntimeError',
    'An unexpected error occurred. The request id in X-Request-ID identifies it in the log.',
  ];
  return { status: 500, body: { detail }, headers: {}, unexpected: true };
}

/** What the database refuses, where no feature has said it in words of its own: another client may just have been first. */
function refusalByDatabase(error: unknown): ApiError | undefined {
  const misfit = misfitReason(error);
  if (misfit) return valueError(misfit);
  if (isUnknownReference(error)) return keyError('Something that the request refers to does not exist.');
  if (isDuplicateKey(error)) return entityExists('There is another one of what may be there only once.');
  return undefined;
}
