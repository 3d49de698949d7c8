import { randomUUID } from 'node:crypto';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import type { Logger } from 'pino';
import type { ContractDocument } from '../contract/document.ts';
import type { Operation } from '../contract/operation-index.ts';
import type { RequestContext } from '../contract/registry.ts';
import { nothingAtPath } from '../http-error.ts';
import { createDispatcher, type DispatcherParts } from './dispatcher.ts';
import { toErrorResponse } from './error-response.ts';
import type { Metrics } from './metrics.ts';
import { type SecurityHeaders, securityHeaders } from './security-headers.ts';
import { sendJson } from './send.ts';

/** What the HTTP layer is made of. */
export interface HttpAppParts extends Omit<DispatcherParts, 'contextOf' | 'onOperation'> {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly securityHeaders: SecurityHeaders;
  /** The path under which a proxy serves all this, such as `/zenml`; empty for none. */
  readonly rootPath: string;
  /** Addresses and networks of proxies whose word on the client's address is taken; `*` for all. */
  readonly trustedProxies: readonly string[];
  /** Handlers of CORS, where it is configured. */
  readonly cors: RequestHandler;
  /** `/health` and `/ready`. */
  readonly health: RequestHandler;
  readonly ready: RequestHandler;
  /** What `/openapi.json` shows: the operations that this configuration has. */
  readonly servedDocument: ContractDocument;
  /** Everything that is no API path. */
  readonly dashboard: RequestHandler;
}

interface RequestState {
  readonly requestId: string;
  readonly started: number;
  operation: Operation | undefined;
}

/** The Express application: what every request passes, then probes, contract operations and dashboard. */
export function createHttpApp(parts: HttpAppParts): Express {
  const states = new WeakMap<Response, RequestState>();
  const stateOf = (response: Response): RequestState => {
    const state = states.get(response);
    if (!state) throw new Error('A response without request state: the first middleware did not run.');
    return state;
  };
  const dispatch = createDispatcher({
    ...parts,
    contextOf: (request, response) => toContext(request, response, stateOf(response).requestId),
    onOperation: (response, operation) => {
      stateOf(response).operation = operation;
    },
  });
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', parts.trustedProxies.includes('*') || parts.trustedProxies);
  app.use(begin(parts, states));
  if (parts.rootPath !== '') app.use(belowRootPath(parts.rootPath));
  app.use(securityHeaders(parts.securityHeaders));
  app.use(parts.cors);
  app.get('/health', parts.health);
  app.get('/ready', parts.ready);
  app.get('/openapi.json', (_request, response) => sendJson(response, 200, parts.servedDocument));
  app.use((request, response, next) => (request.path.startsWith('/api/') ? dispatch(request, response) : next()));
  app.use(parts.dashboard);
  app.use((request) => {
    throw nothingAtPath(request.method);
  });
  app.use(renderError(parts.log, stateOf));
  return app;
}

/** A proxy may strip the path under which it serves the API, or leave it. */
function belowRootPath(rootPath: string): RequestHandler {
  return (request, _response, next) => {
    if (request.path === rootPath || request.path.startsWith(`${rootPath}/`)) {
      const rest = request.url.slice(rootPath.length);
      request.url = rest.startsWith('/') ? rest : `/${rest}`;
    }
    next();
  };
}

/** Gives the request its id, and counts and logs it when its answer is out. */
function begin({ log, metrics }: HttpAppParts, states: WeakMap<Response, RequestState>): RequestHandler {
  return (request, response, next) => {
    const requestId = validRequestId(request.get('X-Request-ID')) ?? randomUUID();
    const state: RequestState = { requestId, started: performance.now(), operation: undefined };
    states.set(response, state);
    response.setHeader('X-Request-ID', requestId);
    response.on('close', () => {
      const milliseconds = performance.now() - state.started;
      const operation = state.operation?.id ?? 'other';
      metrics.observe(operation, response.statusCode, isFollowed(response) ? undefined : milliseconds / 1000);
      log.debug({ requestId, operation, method: request.method, status: response.statusCode, milliseconds }, 'request');
    });
    next();
  };
}

/** Server-sent events go on for as long as somebody listens: that is no slowness of the server. */
function isFollowed(response: Response): boolean {
  return response.getHeader('Content-Type') === 'text/event-stream';
}

/** A client may name its request, in a form that is safe to print in a log. */
function validRequestId(text: string | undefined): string | undefined {
  return text && /^[\w.:/-]{1,100}$/.test(text) ? text : undefined;
}

function toContext(request: Request, response: Response, requestId: string): RequestContext {
  const aborted = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) aborted.abort();
  });
  return {
    requestId,
    method: request.method,
    url: request.originalUrl,
    headers: request.headers,
    clientAddress: request.ip ?? '',
    signal: aborted.signal,
  };
}

/** The one place where an error becomes an answer. What nobody foresaw is logged once, with its stack. */
function renderError(log: Logger, stateOf: (response: Response) => RequestState): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const { status, body, headers, unexpected } = toErrorResponse(error);
    if (unexpected) {
      const { requestId, operation } = stateOf(response);
      log.error({ err: error, requestId, operation: operation?.id, method: request.method }, 'unexpected error');
    }
    if (response.headersSent) return void response.destroy();
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    // A body that was not read would be taken for the next request on this connection.
    if (!request.readableEnded) response.setHeader('Connection', 'close');
    sendJson(response, status, body);
  };
}
