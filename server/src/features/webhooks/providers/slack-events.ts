import { isObject, type Json } from '../../../json.ts';
import { type SemanticEvent, textOf } from './provider.ts';

/** Members that every event of Slack has. */
interface Common {
  readonly event_id: string;
  readonly team_id: string;
  readonly event_time: number;
  readonly event_ts: string;
}

type Parser = (inner: Json, common: Common) => SemanticEvent | undefined;

/** An event of Slack in ZenML's terms; `undefined` for what triggers cannot wait for. */
export function toSlackEvent(type: string, event_id: string, payload: Json): SemanticEvent | undefined {
  const inner = payload['event'];
  if (!isObject(inner)) return undefined;
  const team_id = textOf(payload['team_id']) ?? textOf(inner['team_id']);
  const { event_time } = payload;
  const event_ts = textOf(inner['event_ts']);
  if (event_id === '' || team_id === null || !isInteger(event_time) || event_ts === null) return undefined;
  return PARSERS[type]?.(inner, { event_id, team_id, event_time, event_ts });
}

function isInteger(value: unknown): value is number {
  return Number.isInteger(value);
}

const PARSERS: Readonly<Record<string, Parser>> = {
  app_mention(inner, common) {
    const channel_id = textOf(inner['channel']);
    const user_id = userOf(inner);
    if (channel_id === null || user_id === null || isOfBot(inner)) return undefined;
    const text = textOf(inner['text']);
    const thread_ts = textOf(inner['thread_ts']);
    return {
      type: 'app_mention',
      event: { ...common, user_id, channel_id, type: 'app_mention', text, message_ts: textOf(inner['ts']), thread_ts },
      actual: { team_id: common.team_id, channel_id, user_id, text },
      fits: isThreaded(thread_ts),
    };
  },

  message(inner, common) {
    const content = contentOf(inner);
    const user_id = userOf(inner) ?? userOf(content);
    const channel_id = textOf(inner['channel']) ?? textOf(content['channel']);
    const subtype = textOf(inner['subtype']);
    const bot_authored = isOfBot(inner) || isOfBot(content);
    const message_ts = textOf(content['ts']) ?? textOf(inner['deleted_ts']) ?? textOf(inner['ts']);
    const plain = subtype === null && !bot_authored;
    if (plain && (user_id === null || channel_id === null || message_ts === null)) return undefined;
    const channel_type = textOf(inner['channel_type']) ?? textOf(content['channel_type']);
    const text = textOf(content['text']);
    const thread_ts = textOf(content['thread_ts']) ?? textOf(inner['thread_ts']);
    const seen = { user_id, channel_id, channel_type, text, subtype, bot_authored, message_ts, thread_ts };
    return {
      type: 'message',
      event: { ...common, type: 'message', ...seen },
      actual: { team_id: common.team_id, channel_id, user_id, channel_type, text, subtype },
      fits: (target) =>
        isThreaded(thread_ts)(target) && (target['subtype'] != null || target['include_subtypes'] === true || plain),
    };
  },

  reaction_added: (inner, common) => reaction('reaction_added', inner, common),
  reaction_removed: (inner, common) => reaction('reaction_removed', inner, common),

  message_metadata_posted: (inner, common) => metadata('message_metadata_posted', inner, common),
  message_metadata_updated(inner, common) {
    const updated = metadata('message_metadata_updated', inner, common);
    const previous_metadata = metadataOf(inner['previous_metadata']);
    return updated && previous_metadata && { ...updated, event: { ...updated.event, previous_metadata } };
  },

  file_shared(inner, common) {
    const channel_id = textOf(inner['channel_id']);
    const file_id = textOf(inner['file_id']);
    const user_id = userOf(inner);
    if (channel_id === null || user_id === null || file_id === null) return undefined;
    return {
      type: 'file_shared',
      event: { ...common, user_id, channel_id, type: 'file_shared', file_id },
      actual: { team_id: common.team_id, channel_id, user_id, file_id },
    };
  },
};

function reaction(type: string, inner: Json, common: Common): SemanticEvent | undefined {
  const name = textOf(inner['reaction']);
  const user_id = userOf(inner);
  const item = itemOf(inner['item']);
  if (name === null || user_id === null || !item) return undefined;
  const item_user_id = textOf(inner['item_user']);
  const { channel_id } = item;
  return {
    type,
    event: { ...common, user_id, channel_id, reaction: name, item_user_id, item, type },
    actual: {
      team_id: common.team_id,
      channel_id,
      user_id,
      reaction: name,
      item_user_id,
      item_type: item.type,
      item_id: item.id,
    },
  };
}

/** Where the id of what was reacted to stands, by its kind. */
const ITEM_IDS: Readonly<Record<string, string>> = { message: 'ts', file: 'file', file_comment: 'file_comment' };

function itemOf(item: unknown) {
  if (!isObject(item)) return undefined;
  const type = String(item['type']);
  const place = ITEM_IDS[type];
  const id = place === undefined ? null : textOf(item[place]);
  return id === null ? undefined : { type, id, channel_id: textOf(item['channel']), file_id: textOf(item['file']) };
}

function metadata(type: string, inner: Json, common: Common): SemanticEvent | undefined {
  const channel_id = textOf(inner['channel_id']);
  const app_id = textOf(inner['app_id']);
  const user_id = userOf(inner);
  const message_ts = textOf(inner['message_ts']);
  const given = metadataOf(inner['metadata']);
  if (channel_id === null || app_id === null || user_id === null || message_ts === null || !given) return undefined;
  const bot_id = textOf(inner['bot_id']);
  return {
    type,
    event: { ...common, user_id, channel_id, app_id, bot_id, message_ts, metadata: given, type },
    actual: {
      team_id: common.team_id,
      channel_id,
      user_id,
      app_id,
      bot_id,
      metadata_event_type: given.event_type,
    },
  };
}

function metadataOf(value: unknown) {
  if (!isObject(value)) return undefined;
  const event_type = textOf(value['event_type']);
  const { event_payload } = value;
  return event_type === null || !isObject(event_payload) ? undefined : { event_type, event_payload };
}

/** What an edited or deleted message says stands within. */
function contentOf(inner: Json): Json {
  if (isObject(inner['message'])) return inner['message'];
  return isObject(inner['previous_message']) ? inner['previous_message'] : inner;
}

function userOf(payload: Json): string | null {
  return textOf(payload['user']) ?? textOf(payload['user_id']);
}

function isOfBot(payload: Json): boolean {
  return textOf(payload['bot_id']) !== null || isObject(payload['bot_profile']) || payload['subtype'] === 'bot_message';
}

const isThreaded = (threadTs: string | null) => (target: Json) =>
  target['threaded'] == null || target['threaded'] === (threadTs !== null);
