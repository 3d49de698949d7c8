import { isObject, type Json } from '../../../json.ts';
import { type Delivery, PayloadError, type Provider, parseObject, SignatureError, textOf } from './provider.ts';
import { hmac, requireSame } from './signatures.ts';
import { toSlackEvent } from './slack-events.ts';

const COMMON = ['team_id', 'channel_id', 'user_id'];
const REACTION = { filters: [...COMMON, 'reaction', 'item_user_id', 'item_type', 'item_id'] };
const METADATA = { filters: [...COMMON, 'app_id', 'bot_id', 'metadata_event_type'] };

/** How far a request's time may be from ours, seconds. */
const TOLERANCE = 300;
const SIGNATURE = 'x-slack-signature';
const TIMESTAMP = 'x-slack-request-timestamp';

/** Messages and reactions of Slack (ZenML 0.98.0 webhooks/providers/slack.py). */
export const slack: Provider = {
  type: 'slack',
  configurationName: 'SlackWebhookConfiguration',
  targets: {
    app_mention: { filters: [...COMMON, 'text'], flags: { threaded: null } },
    message: {
      filters: [...COMMON, 'channel_type', 'text', 'subtype'],
      flags: { include_subtypes: false, threaded: null },
      check: (target) =>
        target['include_subtypes'] === true && target['subtype'] !== null
          ? "Slack message filters cannot combine 'include_subtypes' with 'subtype'."
          : undefined,
    },
    reaction_added: REACTION,
    reaction_removed: REACTION,
    message_metadata_posted: METADATA,
    message_metadata_updated: METADATA,
    file_shared: { filters: [...COMMON, 'file_id'] },
  },
  authenticate(body, headerOf, secret) {
    const signature = headerOf(SIGNATURE);
    if (!signature.startsWith('v0=')) throw new SignatureError(`Missing or malformed ${SIGNATURE} header.`);
    const timestamp = headerOf(TIMESTAMP);
    if (!/^\d{1,20}$/.test(timestamp)) throw new SignatureError(`Missing or malformed ${TIMESTAMP} header.`);
    if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE) {
      throw new SignatureError('Slack request timestamp is outside the allowed tolerance.');
    }
    requireSame(signature, `v0=${hmac(secret, `v0:${timestamp}:`, body)}`);
  },
  parse(body) {
    const payload = parseObject(body);
    const type = textOf(payload['type']);
    if (type === null) throw new PayloadError('Slack delivery requires a non-empty type.');
    const parse = DELIVERIES[type];
    if (!parse) throw new PayloadError('Unsupported Slack delivery type.');
    return parse(payload);
  },
  semantic: ({ type, deliveryId, payload }) => toSlackEvent(type, deliveryId, payload),
};

/** Slack repeats what is not answered with 200. */
const DELIVERIES: Readonly<Record<string, (payload: Json) => Delivery>> = {
  event_callback(payload) {
    const { event } = payload;
    if (!isObject(event)) throw new PayloadError('Slack event callback requires an event object.');
    const type = textOf(event['type']);
    if (type === null) throw new PayloadError('Slack event callback requires a non-empty event type.');
    const deliveryId = textOf(payload['event_id']);
    if (deliveryId === null) throw new PayloadError('Slack event callback requires a non-empty event_id.');
    return { event: { type, deliveryId, payload }, answer: { status: 200 } };
  },

  url_verification(payload) {
    const text = textOf(payload['challenge']);
    if (text === null) throw new PayloadError('Slack URL verification requires a non-empty challenge.');
    return { answer: { status: 200, text } };
  },

  app_rate_limited(payload) {
    const refused = (what: string) => new PayloadError(`Slack rate-limit notification requires ${what}.`);
    if (textOf(payload['team_id']) === null) throw refused('a non-empty team_id');
    if (textOf(payload['api_app_id']) === null) throw refused('a non-empty api_app_id');
    if (!Number.isInteger(payload['minute_rate_limited'])) throw refused('an integer minute_rate_limited');
    return { answer: { status: 200 } };
  },
};
