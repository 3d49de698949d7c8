import type { Request, Response } from 'express';
import type { Identity } from '../auth/identity.ts';
import type { ContractDocument } from '../contract/document.ts';
import type { Operation } from '../contract/operation-index.ts';
import type { OperationId } from '../contract/operation-types.ts';
import type { Handlers, OperationRequest, RequestContext } from '../contract/registry.ts';
import { Reply } from '../contract/reply.ts';
import { compileRoutes } from '../contract/routes.ts';
import { workspaceAliases } from '../contract/workspace-aliases.ts';
import { isUuid } from '../database/ids.ts';
import { notImplemented, RequestValidationError } from '../errors.ts';
import { nothingAtPath } from '../http-error.ts';
import { readBytes } from './body.ts';
import { createInputReader } from './request-input.ts';
import { sendJson, sendReply } from './send.ts';
import type { IdempotentRequest, UnitOfWork } from './unit-of-work.ts';

/** What the dispatcher needs of the other parts. */
export interface DispatcherParts {
  readonly document: ContractDocument;
  readonly operations: readonly Operation[];
  readonly handlers: Handlers;
  /** Finds out who is calling; throws where credentials are missing or bad. */
  readonly authenticate: (request: Request, operation: Operation) => Promise<Identity>;
  readonly unitOfWork: UnitOfWork;
  /** Largest request body, bytes. */
  readonly bodyLimit: number;
  readonly contextOf: (request: Request, response: Response) => RequestContext;
  /** Told the operation of each request as soon as it is known, for metrics and logs. */
  readonly onOperation: (response: Response, operation: Operation) => void;
}

/** Largest body that is read as it was sent, bytes: that of an event, of which providers send 25 MiB at most. */
const RAW_BODY_LIMIT = 25 * 1024 * 1024;

type AnyHandler = (request: OperationRequest<OperationId>) => Promise<unknown>;

interface Endpoint {
  readonly operation: Operation;
  readonly handler: AnyHandler | undefined;
  readonly aliased: boolean;
}

/** The middleware that answers every operation of the contract: match, authenticate, validate, handle, send. */
export function createDispatcher(parts: DispatcherParts): (request: Request, response: Response) => Promise<void> {
  const findRoute = compileRoutes(parts.operations);
  const endpoints = createEndpoints(parts);
  const readInput = createInputReader(parts.document, parts.bodyLimit);

  return async (request, response) => {
    const route = findRoute(request.method === 'HEAD' ? 'GET' : request.method, request.path);
    if (route === 'not-found') throw nothingAtPath(request.method);
    if ('allowed' in route) throw nothingAtPath(request.method, route.allowed);
    const { operation, parameters } = route;
    parts.onOperation(response, operation);
    const identity = operation.secured ? await parts.authenticate(request, operation) : undefined;
    const endpoint = endpoints.get(operation.id);
    if (!endpoint?.handler)
      throw notImplemented(`${operation.method} ${operation.path} is not offered by this server.`);
    const { path, query, body } = await readInput(operation, parameters, request);
    if (endpoint.aliased) query['project_name_or_id'] = path['project_name_or_id'] ?? path['workspace_name_or_id'];
    const operationRequest = toOperationRequest(parts, request, response, identity, { path, query, body });
    const answer = await endpoint.handler(operationRequest);
    if (answer instanceof Reply) sendReply(response, operation.status, answer);
    else sendJson(response, operation.status, answer);
  };
}

function createEndpoints({ operations, handlers }: DispatcherParts): Map<OperationId, Endpoint> {
  const aliases = workspaceAliases(operations);
  return new Map(
    operations.map((operation) => {
      const target = aliases.get(operation.id);
      const handler = handlers[target ?? operation.id] as AnyHandler | undefined;
      const aliased = target !== undefined;
      return [operation.id, { operation, handler, aliased }];
    }),
  );
}

function toOperationRequest(
  { unitOfWork, contextOf, bodyLimit }: DispatcherParts,
  request: Request,
  response: Response,
  identity: Identity | undefined,
  input: { path: unknown; query: unknown; body: unknown },
): OperationRequest<OperationId> {
  const idempotent = identity && idempotentRequest(request, identity);
  return {
    ...(input as Pick<OperationRequest<OperationId>, 'path' | 'query' | 'body'>),
    get identity(): Identity {
      if (!identity) throw new Error('This operation needs no authentication, so that it has no identity.');
      return identity;
    },
    rawBody: () => readBytes(request, Math.min(bodyLimit, RAW_BODY_LIMIT)),
    context: contextOf(request, response),
    transaction: (work) => unitOfWork(idempotent, work),
  };
}

/** Only what an authenticated client sends under a key is recorded, as in the reference. */
function idempotentRequest(request: Request, identity: Identity): IdempotentRequest | undefined {
  const key = request.get('Idempotency-Key');
  if (!key) return undefined;
  if (!isUuid(key))
    throw new RequestValidationError(`Invalid UUID idempotency key: ${key}. Please use a valid UUID.`, true);
  const url = `${request.protocol}://${request.get('host') ?? 'localhost'}${request.originalUrl}`;
  return { key, method: request.method, url, userId: identity.user.id };
}
