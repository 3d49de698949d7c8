import type { EntityName } from '../entities.ts';
import { type Check, memberOf } from '../rules.ts';
import { requireRunCreation } from './run-rules.ts';

const SOURCES: Readonly<Record<string, EntityName>> = {
  pipeline: 'pipeline',
  pipeline_run: 'run',
  pipeline_snapshot: 'snapshot',
};

/** What a trigger waits for: whoever lets something follow an event changes what the event comes from. */
export const mayUseSourceOfTrigger: Check = async ({ request, checks }) => {
  const source = memberOf(request.body, 'source_entity');
  const name = SOURCES[String(memberOf(source, 'type'))];
  if (name) await checks.require('update', [await checks.find(name, memberOf(source, 'id'))]);
  const webhook = memberOf(request.body, 'webhook_id');
  if (webhook) await checks.require('read', [await checks.find('webhook', webhook)]);
};

/** A trigger of a webhook is changed by whom may read the webhook. */
export const mayReadWebhookOfTrigger: Check = async ({ request, checks }) => {
  const { model } = await checks.find('trigger', request.path['trigger_id']);
  const webhook = memberOf(model.body, 'webhook_id');
  if (webhook) await checks.require('read', [await checks.find('webhook', webhook)]);
};

/** A snapshot that a trigger is to run. */
export const mayAttachSnapshot: Check = async ({ request, checks }) => {
  await checks.require('update', [await checks.find('trigger', request.path['trigger_id'])]);
  const snapshot = await checks.find('snapshot', request.path['snapshot_id']);
  await checks.require('read', [snapshot]);
  await requireRunCreation(checks, snapshot);
};
