import { randomUUID } from 'node:crypto';
import type { Model } from '../../contract/operation-types.ts';
import { parseJson } from '../../json.ts';

type LogEntry = Model<'LogEntry'>;

const INFO = 20;
const LEVELS: readonly unknown[] = [0, 10, 20, 30, 40, 50];

/**
 * Makes an entry of a line of a log: of its JSON, where that is an entry as ZenML's SDK writes it, else of the text.
 * @param timestamp when the line was written, where that is known apart from it; the line's own wins
 * @returns nothing for an empty line
 */
export function toLogEntry(line: string, timestamp?: Date): LogEntry | undefined {
  const text = line.trim();
  if (text === '') return undefined;
  const written = timestamp === undefined ? null : timestamp.toISOString();
  const parts = text.startsWith('{') && text.endsWith('}') ? partsOf(text) : undefined;
  if (parts) return { ...parts, timestamp: parts.timestamp ?? written };
  const [stamp = '', moment] = OLD_STAMP.exec(text) ?? [];
  return {
    ...EMPTY,
    id: randomUUID(),
    message: text.slice(stamp.length).trim(),
    level: INFO,
    timestamp: moment === undefined ? written : `${moment.replace(/\s+/, 'T')}Z`,
  };
}

/** What old versions of ZenML put in front of a line. */
const OLD_STAMP = /^\[(\d{4}-\d\d-\d\d\s+\d\d:\d\d:\d\d)\s+UTC\]/;

const EMPTY = { name: null, module: null, filename: null, lineno: null, chunk_index: 0, total_chunks: 1 } as const;

/** @returns `undefined` where the JSON is something else than an entry */
function partsOf(json: string): LogEntry | undefined {
  const value = parseJson(json);
  if (typeof value !== 'object' || value === null || !('message' in value)) return undefined;
  const members = value as Readonly<Record<string, unknown>>;
  const { message } = members;
  const level = members['level'] ?? null;
  const timestamp = members['timestamp'] ?? null;
  const texts = { name: textOrNull(members['name']), module: textOrNull(members['module']) };
  const filename = textOrNull(members['filename']);
  const counts = [members['lineno'] ?? 0, members['chunk_index'] ?? 0, members['total_chunks'] ?? 1];
  const id = members['id'] ?? randomUUID();
  const moment = timestamp === null ? null : toMoment(timestamp);
  const fits =
    typeof message === 'string' &&
    (level === null || LEVELS.includes(level)) &&
    moment !== undefined &&
    filename !== undefined &&
    Object.values(texts).every((text) => text !== undefined) &&
    counts.every(Number.isSafeInteger) &&
    typeof id === 'string' &&
    UUID.test(id);
  if (!fits) return undefined;
  return {
    message,
    name: texts.name ?? null,
    level: level as LogEntry['level'],
    timestamp: moment,
    module: texts.module ?? null,
    filename,
    lineno: (members['lineno'] ?? null) as number | null,
    chunk_index: counts[1] as number,
    total_chunks: counts[2] as number,
    id,
  };
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

function textOrNull(value: unknown): string | null | undefined {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : undefined;
}

/** A point in time as the API shows it: with its offset where it has one, and with microseconds where it has a fraction. */
function toMoment(value: unknown): string | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/.exec(String(value));
  if (!match) return undefined;
  const [, day = '', time = '', fraction = '', offset = ''] = match;
  const micros = fraction.slice(0, 6).padEnd(6, '0');
  const zone = /^[+-]00:?00$/.test(offset) ? 'Z' : offset;
  return `${day}T${time}${Number(micros) === 0 ? '' : `.${micros}`}${zone}`;
}
