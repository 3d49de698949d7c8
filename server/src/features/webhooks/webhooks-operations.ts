import type { Handlers } from '../../contract/registry.ts';
import { Reply } from '../../contract/reply.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { createWebhookIntake, type TakeUpEvent } from './webhook-intake-service.ts';
import { WEBHOOK_LIST, webhookLoader } from './webhooks-read-model.ts';
import type { WebhooksService } from './webhooks-service.ts';

/** The parts that the operations on webhooks need. */
export interface WebhooksParts {
  readonly db: Database;
  readonly list: Lister;
  readonly webhooks: WebhooksService;
  /** The address above `/api/v1` under which providers reach the server; empty where it is not configured. */
  readonly serverUrl: string;
  readonly takeUp: TakeUpEvent | undefined;
}

/** The operations on webhooks, and the one that their providers call. */
export function webhooksOperations({ db, list, webhooks, serverUrl, takeUp }: WebhooksParts) {
  const load = webhookLoader(serverUrl === '' ? undefined : `${serverUrl.replace(/\/+$/, '')}/api/v1`);
  const receive = createWebhookIntake({ db, webhooks, takeUp });

  return {
    list_webhooks_api_v1_webhooks_get: (request) => list({ ...WEBHOOK_LIST, load }, request),

    get_webhook_api_v1_webhooks__webhook_id__get: ({ path, query }) =>
      loadOne(db, load, path.webhook_id, depthOf(query.hydrate), 'webhook'),

    create_webhook_api_v1_webhooks_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        const { id, secret } = await webhooks.create(tx, body, toDatabaseId(identity.user.id));
        return { ...one(await load(tx, [id], FULL), id), secret };
      }),

    update_webhook_api_v1_webhooks__webhook_id__put: ({ path, body, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.webhook_id);
        await webhooks.update(tx, id, body);
        return one(await load(tx, [id], FULL), id);
      }),

    delete_webhook_api_v1_webhooks__webhook_id__delete: ({ path, identity, transaction }) =>
      transaction(async (tx) => {
        await webhooks.remove(tx, toDatabaseId(path.webhook_id), toDatabaseId(identity.user.id));
        return null;
      }),

    rotate_webhook_secret_api_v1_webhooks__webhook_id__secret_put: ({ path, body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.webhook_id);
        return { secret: await webhooks.rotateSecret(tx, id, body.secret, toDatabaseId(identity.user.id)) };
      }),

    get_raw_webhook_event_api_v1_webhooks__webhook_id__events_raw_get: ({ path, query }) =>
      webhooks.rawEvent(db, toDatabaseId(path.webhook_id), query.delivery_id),

    async receive_webhook_event_api_v1_webhooks__webhook_type___webhook_id__events_post({ path, context, rawBody }) {
      const { status, text = '' } = await receive({
        webhookType: path.webhook_type,
        webhookId: toDatabaseId(path.webhook_id),
        headerOf: (name) => String(context.headers[name] ?? ''),
        readBody: rawBody,
      });
      const headers: Record<string, string> = text === '' ? {} : { 'Content-Type': 'text/plain; charset=utf-8' };
      return new Reply(undefined, { status, headers, raw: text });
    },
  } satisfies Handlers;
}
