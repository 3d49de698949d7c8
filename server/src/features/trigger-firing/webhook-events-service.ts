import { createHash } from 'node:crypto';
import type { Transaction } from '../../database/database.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { RequestValidationError } from '../../errors.ts';
import { gzip } from '../../gzip.ts';
import type { Json } from '../../json.ts';
import { noteDispatch } from '../triggers/triggers-service.ts';
import { matchesConfiguration, toWebhookConfiguration } from '../webhooks/providers/configuration.ts';
import type { WebhookEvent } from '../webhooks/webhook-intake-service.ts';
import * as store from './firings-store.ts';
import type { ExecutionInfo } from './platform-events-service.ts';

/** How long a name of a delivery its column holds. */
const LONGEST_ID = 255;

/**
 * Fires the triggers that wait for an event of a webhook, and keeps its body for their runs. What a provider sends again
 * under the same name does nothing more, once a trigger has taken it up.
 */
export async function takeUpEvent(transaction: Transaction, event: WebhookEvent): Promise<void> {
  const { provider, payload, type, webhookId } = event;
  const semantic = provider.semantic({ type, deliveryId: event.deliveryId, payload });
  const triggers = await store.findWebhookTriggers(transaction, webhookId);
  const links: { triggerId: string; snapshotId: string }[] = [];
  for (const trigger of triggers) {
    const { configuration } = JSON.parse(trigger.configuration) as { configuration: Json };
    const snapshotIds = await store.findSnapshots(transaction, trigger.id);
    try {
      const wanted = toWebhookConfiguration(provider, configuration);
      if (!matchesConfiguration(wanted, { type, payload }, semantic)) continue;
      links.push(...snapshotIds.map((snapshotId) => ({ triggerId: trigger.id, snapshotId })));
    } catch (error) {
      if (!(error instanceof RequestValidationError)) throw error;
      // Stored by another release of ZenML: its own trigger says so, and the others go on.
      await noteDefect(transaction, trigger.id, snapshotIds, error.message);
    }
  }
  if (links.length === 0 || !(await keepBody(transaction, event))) return;
  const info = JSON.stringify(infoOf(event, semantic?.event ?? null));
  await store.insertFirings(
    transaction,
    `delivery:${digest(`${webhookId}:${event.deliveryId}`)}`,
    links.map((link) => ({ ...link, info })),
  );
}

async function noteDefect(
  transaction: Transaction,
  triggerId: string,
  snapshotIds: readonly string[],
  message: string,
): Promise<void> {
  for (const snapshotId of snapshotIds) {
    const error = { type: 'ValueError', message, severity: 'Major' } as const;
    await noteDispatch(transaction, triggerId, snapshotId, { status: 'ERROR', error });
  }
}

/** @returns whether it was not there yet */
async function keepBody(transaction: Transaction, event: WebhookEvent): Promise<boolean> {
  const payload = await gzip(Buffer.from(`{"body":${event.text.trim()}}`));
  try {
    await store.insertEventPayload(transaction, {
      webhook_id: event.webhookId,
      delivery_id: storedId(event.deliveryId),
      created: now(),
      payload,
    });
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

function storedId(deliveryId: string): string {
  return deliveryId.length <= LONGEST_ID ? deliveryId : `sha256:${digest(deliveryId)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function infoOf({ provider, webhookId, deliveryId, type }: WebhookEvent, event: Json | null): ExecutionInfo {
  const upstream = {
    webhook_id: fromDatabaseId(webhookId),
    delivery_id: storedId(deliveryId),
    event_type: type,
    event,
  };
  return {
    upstream_run_id: null,
    upstream_pipeline_ids: [],
    webhook_upstream_event: { [provider.type]: upstream },
  };
}
