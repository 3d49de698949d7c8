import { randomUUID } from 'node:crypto';
import type { Database, Transaction } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import { HttpError } from '../../http-error.ts';
import type { Json } from '../../json.ts';
import { type Delivery, type HeaderOf, PayloadError, type Provider, SignatureError } from './providers/provider.ts';
import { findProvider } from './providers/registry.ts';
import type { WebhooksService } from './webhooks-service.ts';
import * as store from './webhooks-store.ts';

/** A trusted event; ids in database form. */
export interface WebhookEvent {
  readonly projectId: string;
  readonly webhookId: string;
  readonly provider: Provider;
  readonly type: string;
  /** The provider's name for this event: the same where it is sent again. */
  readonly deliveryId: string;
  readonly payload: Json;
  /** The payload as it was sent. */
  readonly text: string;
}

/** Takes up an event, in the transaction that accepts it. */
export type TakeUpEvent = (transaction: Transaction, event: WebhookEvent) => Promise<void>;

/** A request to a webhook. */
export interface IntakeRequest {
  readonly webhookType: string;
  /** Database id. */
  readonly webhookId: string;
  readonly headerOf: HeaderOf;
  readonly readBody: () => Promise<Buffer>;
}

/** What the intake stands on. */
export interface IntakeParts {
  readonly db: Database;
  readonly webhooks: WebhooksService;
  /** Left out where the server runs nothing: events are counted and let go. */
  readonly takeUp: TakeUpEvent | undefined;
}

/** What the provider is told of an accepted request. */
export type IntakeAnswer = NonNullable<Delivery['answer']>;

const ACCEPTED: IntakeAnswer = { status: 202 };

/**
 * Takes requests of providers: checks the signature over the bytes that were sent, before anything looks into them. What
 * is answered as accepted is stored, and fires its triggers whatever happens to this process.
 * @throws HttpError 400, 401, 404, 409
 */
export function createWebhookIntake({ db, webhooks, takeUp }: IntakeParts) {
  return async ({ webhookType, webhookId, headerOf, readBody }: IntakeRequest): Promise<IntakeAnswer> => {
    const provider = findProvider(webhookType);
    if (!provider) throw nothingThere();
    refusingPayloads(() => provider.checkHeaders?.(headerOf));
    const webhook = await store.findIntake(db, webhookId);
    if (webhook?.webhook_type !== webhookType) throw nothingThere();
    const body = await readBody();
    const isActive = webhook.active === 1;
    const secret = await webhooks.secretOf(db, webhook.secret_id);
    try {
      provider.authenticate(body, headerOf, secret);
    } catch (error) {
      if (!(error instanceof SignatureError)) throw error;
      if (isActive) await store.countIntake(db, webhookId, 'auth_failed', error.message);
      throw new HttpError(401, { detail: 'Invalid webhook authentication.' });
    }
    if (!isActive) throw new HttpError(409, { detail: 'Webhook is inactive.' });
    const { event, answer = ACCEPTED } = await parse(db, webhookId, () => provider.parse(body, headerOf));
    await inTransaction(db, async (transaction) => {
      await store.countIntake(transaction, webhookId, 'accepted');
      if (!event) return;
      const { type, payload, deliveryId = randomUUID() } = event;
      const projectId = webhook.project_id;
      const text = body.toString('utf8');
      await takeUp?.(transaction, { projectId, webhookId, provider, type, deliveryId, payload, text });
    });
    return answer;
  };
}

async function parse(db: Database, webhookId: string, read: () => Delivery): Promise<Delivery> {
  try {
    return read();
  } catch (error) {
    if (error instanceof PayloadError) await store.countIntake(db, webhookId, 'invalid_payload', error.message);
    throw asRefusal(error);
  }
}

function refusingPayloads(check: () => void): void {
  try {
    check();
  } catch (error) {
    throw asRefusal(error);
  }
}

function asRefusal(error: unknown): unknown {
  return error instanceof PayloadError ? new HttpError(400, { detail: error.message }) : error;
}

function nothingThere(): HttpError {
  return new HttpError(404, { detail: 'Not Found' });
}
