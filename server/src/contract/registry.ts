import type { Identity } from '../auth/identity.ts';
import type { Transaction } from '../database/database.ts';
import type { AnswerOf, BodyOf, OperationId, PathOf, QueryOf } from './operation-types.ts';
import type { Reply } from './reply.ts';

/** What a handler knows of the request besides its parameters. */
export interface RequestContext {
  /** Unique per request; in the answer's `X-Request-ID` and in every log line. */
  readonly requestId: string;
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The address of the client, as the proxies that are trusted report it. */
  readonly clientAddress: string;
  /** Ends when the client hangs up. */
  readonly signal: AbortSignal;
}

/** A request that passed routing, authentication and validation. */
export interface OperationRequest<Id extends OperationId> {
  readonly path: PathOf<Id>;
  readonly query: QueryOf<Id>;
  readonly body: BodyOf<Id>;
  /** The body as it was sent, where the contract describes none. @throws HttpError 413 over the limit */
  rawBody(): Promise<Buffer>;
  /** The caller. Reading it in an operation that needs no authentication is a mistake and throws. */
  readonly identity: Identity;
  readonly context: RequestContext;
  /**
   * Runs a write as one unit of work: one transaction, retried on deadlock, which also records the answer under the
   * request's `Idempotency-Key`. What `work` returns is the answer; a repeated request gets the first one again.
   */
  transaction<Answer>(work: (transaction: Transaction) => Promise<Answer>): Promise<Answer>;
}

/** Answers one operation. Errors are thrown (../errors.ts); a status other than the contract's needs a {@link Reply}. */
export type Handler<Id extends OperationId> = (
  request: OperationRequest<Id>,
) => Promise<AnswerOf<Id> | Reply<AnswerOf<Id>>>;

/** Handlers by operation id; a feature offers some of them. */
export type Handlers = { readonly [Id in OperationId]?: Handler<Id> };
