/** An error of the HTTP layer itself, with the body that the reference gives for it. */
export class HttpError extends Error {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`HTTP ${status}`);
    this.name = 'HttpError';
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** The reference's answer while a request with the same key runs elsewhere, or when the server is out of capacity. */
export function tooBusy(retryAfterSeconds = 1): HttpError {
  const body = { error: 'Server too busy. Please try again later.' };
  return new HttpError(429, body, { 'Retry-After': String(retryAfterSeconds) });
}

/**
 * What a path answers to a method that it has no operation for. ZenML 0.98.0 serves its dashboard under every path, by GET,
 * so that only GET finds nothing there and any other method is one that is not allowed. The SDK depends on it: by 405 it
 * knows that a server without a workload manager runs no snapshots.
 * @param allowed the methods that the path has
 */
export function nothingAtPath(method: string, allowed: readonly string[] = ['GET']): HttpError {
  if (method === 'GET' || method === 'HEAD') return new HttpError(404, { detail: 'Not Found' });
  return new HttpError(405, { detail: 'Method Not Allowed' }, { Allow: allowed.join(', ') });
}
