import type { RequestHandler } from 'express';

/** Methods that a page of another origin may use. */
const METHODS = 'GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD';
/** How long a browser may keep the answer to its question, seconds. */
const MAX_AGE = '600';

/**
 * Lets pages of other origins call the API with the user's cookies. With `*` any origin may; browsers want it named
 * where cookies are sent, so that the asking origin itself is the answer, as in the reference.
 */
export function cors(origins: readonly string[]): RequestHandler {
  const any = origins.includes('*');
  return (request, response, next) => {
    const origin = request.get('Origin');
    response.setHeader('Vary', 'Origin');
    const allowed = origin !== undefined && (any || origins.includes(origin));
    if (allowed) {
      response.setHeader('Access-Control-Allow-Origin', any && !request.get('Cookie') ? '*' : origin);
      response.setHeader('Access-Control-Allow-Credentials', 'true');
    }
    if (request.method !== 'OPTIONS' || !request.get('Access-Control-Request-Method')) {
      next();
      return;
    }
    response.setHeader('Access-Control-Allow-Methods', METHODS);
    response.setHeader('Access-Control-Allow-Headers', request.get('Access-Control-Request-Headers') ?? '*');
    response.setHeader('Access-Control-Max-Age', MAX_AGE);
    response.statusCode = allowed ? 200 : 400;
    response.end();
  };
}
