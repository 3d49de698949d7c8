import type { RequestHandler } from 'express';

/** Header values by name; `undefined` leaves a header out. */
export type SecurityHeaders = Readonly<Record<string, string | undefined>>;

/** Sets the configured security headers on every answer. */
export function securityHeaders(headers: SecurityHeaders): RequestHandler {
  const entries = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return (_request, response, next) => {
    for (const [name, value] of entries) response.setHeader(name, value);
    next();
  };
}
