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
