import { isObject, type Json } from '../../../json.ts';
import { PayloadError, type Provider, parseObject, SignatureError, textOf } from './provider.ts';
import { hmac, requireSame } from './signatures.ts';

const LIST_FILTERS = ['list_id', 'space_id', 'folder_id'];
const TASK_FILTERS = [...LIST_FILTERS, 'task_id'];
const LIST = { filters: LIST_FILTERS };
const TASK = { filters: TASK_FILTERS };
const STATUS_UPDATED = 'taskStatusUpdated';

/** Tasks of ClickUp (ZenML 0.98.0 webhooks/providers/clickup.py). */
export const clickup: Provider = {
  type: 'clickup',
  configurationName: 'ClickUpWebhookConfiguration',
  targets: {
    taskCreated: TASK,
    taskUpdated: TASK,
    taskDeleted: TASK,
    [STATUS_UPDATED]: { filters: [...TASK_FILTERS, 'status'] },
    taskMoved: TASK,
    taskAssigneeUpdated: TASK,
    taskCommentPosted: TASK,
    listCreated: LIST,
    listUpdated: LIST,
    listDeleted: LIST,
  },
  authenticate(body, headerOf, secret) {
    const signature = headerOf('x-signature');
    if (signature === '') throw new SignatureError('Missing x-signature header.');
    requireSame(signature.toLowerCase(), hmac(secret, body));
  },
  parse(body) {
    const payload = parseObject(body);
    const type = textOf(payload['event']);
    if (type === null) throw new PayloadError("Missing or empty ClickUp 'event' field.");
    const webhookId = textOf(payload['webhook_id']);
    if (webhookId === null) throw new PayloadError("Missing or empty ClickUp 'webhook_id' field.");
    const changes = changeIds(payload);
    const deliveryId = changes.length > 0 ? `${webhookId}:${changes.join(',')}` : undefined;
    return { event: { type, deliveryId, payload } };
  },
  semantic({ type, payload }) {
    if (!Object.hasOwn(clickup.targets, type)) return undefined;
    const place = {
      list_id: idAt(payload, 'list_id'),
      space_id: idAt(payload, 'space_id'),
      folder_id: idAt(payload, 'folder_id'),
    };
    const actual = {
      ...(type.startsWith('task') && { task_id: idAt(payload, 'task_id') }),
      ...place,
      ...(type === STATUS_UPDATED && { status: statusAfter(payload) }),
    };
    return { type, actual, event: { type, ...actual } };
  },
};

/** Ids come as texts or as numbers. */
function idAt(payload: Json, key: string): string | null {
  const value = payload[key];
  return Number.isInteger(value) ? String(value) : textOf(value);
}

function changeIds(payload: Json): string[] {
  const items = payload['history_items'];
  if (!Array.isArray(items)) return [];
  return items.flatMap((item) => (isObject(item) ? (idAt(item, 'id') ?? []) : [])).sort();
}

function statusAfter(payload: Json): string | null {
  const items = payload['history_items'];
  const last: unknown = Array.isArray(items) ? items.at(-1) : undefined;
  if (!isObject(last)) return null;
  const { after } = last;
  return isObject(after) ? textOf(after['status']) : textOf(after);
}
