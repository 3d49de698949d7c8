import type { RowDataPacket } from 'mysql2/promise';
import { createConnection } from 'mysql2/promise';
import { toValidJson } from '../../server/src/python-json.ts';
import { type Json, type JsonObject, parseTelling } from '../servers/json.ts';
import { isInstant, replaceVariables, type WrittenCorrespondence } from './correspondence.ts';

/** Of each table its rows, each row a text in which ids and instants are made comparable. */
export type Rows = Map<string, string[]>;

/** A row that one database has more often than the other. */
export interface RowDifference {
  table: string;
  only: 'reference' | 'ours';
  row: string;
}

/** Columns whose content is random by nature (hashes with salt, ciphers with nonce), by table. */
const random: Record<string, string[]> = {
  api_key: ['key', 'previous_key'],
  auth_devices: ['user_code', 'device_code'],
  secret: ['values'],
  // By chance where a tag is made in passing; answers show the colours that clients chose.
  tag: ['color'],
  user: ['password', 'activation_token'],
};

/** Book-keeping that no client sees. */
const skipped = new Set(['alembic_version', 'api_transaction', 'api_transaction_result']);

/** Reads the tables of a database; `idOf` gives the name under which an id is compared. */
export async function readRows(
  databaseUrl: string,
  correspondence: WrittenCorrespondence,
  side: 'reference' | 'ours',
): Promise<Rows> {
  const connection = await createConnection({ uri: databaseUrl, dateStrings: true });
  try {
    const [tables] = await connection.query<RowDataPacket[]>(
      'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name',
    );
    const rows: Rows = new Map();
    for (const { name } of tables) {
      if (skipped.has(name) || name.startsWith('ws_')) continue;
      const [found] = await connection.query<RowDataPacket[]>(`SELECT * FROM \`${name}\``);
      rows.set(name, found.map((row) => comparable(name, row, correspondence, side)).sort());
    }
    return rows;
  } finally {
    await connection.end();
  }
}

/** What one side has and the other has not, row by row. */
export function rowDifferences(reference: Rows, ours: Rows): RowDifference[] {
  const tables = new Set([...reference.keys(), ...ours.keys()]);
  return [...tables].flatMap((table) => {
    const left = reference.get(table) ?? [];
    const right = ours.get(table) ?? [];
    return [
      ...without(left, right).map((row) => ({ table, only: 'reference' as const, row })),
      ...without(right, left).map((row) => ({ table, only: 'ours' as const, row })),
    ];
  });
}

function without(rows: string[], others: string[]): string[] {
  const counts = new Map<string, number>();
  for (const row of others) counts.set(row, (counts.get(row) ?? 0) + 1);
  return rows.filter((row) => {
    const count = counts.get(row) ?? 0;
    counts.set(row, count - 1);
    return count <= 0;
  });
}

function comparable(
  table: string,
  row: RowDataPacket,
  correspondence: WrittenCorrespondence,
  side: 'reference' | 'ours',
): string {
  const idOf = (id: string) => correspondence.nameOf(id, side);
  const entries = Object.entries(row).map(([column, value]) => {
    if (value !== null && random[table]?.includes(column)) return [column, '(random)'];
    if (table === 'flavor' && column === 'config_schema')
      return [column, withoutDescriptions(JSON.parse(toValidJson(value)))];
    if (table === 'server_settings' && column === 'onboarding_state') return [column, JSON.parse(value ?? '[]').sort()];
    if (Buffer.isBuffer(value)) return [column, decoded(value.toString('utf8'))];
    if (typeof value !== 'string') return [column, value];
    return [
      column,
      replaceVariables(withoutChance(canonicalJson(value)), (found) => {
        if (isInstant(found)) return correspondence.isNow(found) ? '(now)' : found;
        return idOf(found);
      }),
    ];
  });
  return JSON.stringify(Object.fromEntries(entries));
}

/** The flavors' texts are no part of this project: see the list of kept differences. */
function withoutDescriptions(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(withoutDescriptions);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(sorted(schema) as JsonObject).filter(
    ([key, value]) => key !== 'description' || typeof value !== 'string',
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutDescriptions(value)]));
}

/** JSON that the reference keeps as base64 in a binary column. */
function decoded(text: string): string {
  return canonicalJson(Buffer.from(text, 'base64').toString('utf8'));
}

/** Secrets of connectors and webhooks, and triggers that were put away, have something random in their names. */
function withoutChance(text: string): string {
  return text
    .replace(/^(connector-.*)-[a-z0-9]{4}$/, '$1-(random)')
    .replace(/^webhook-[0-9a-f]{32}(-[a-z0-9]{4})?$/, 'webhook-(random)')
    .replace(/_\([0-9a-f]{8}\)$/, '_(random)');
}

/**
 * JSON in a text column may be written with other spaces and keys in another order. Numbers that are not finite are null
 * to every client; the reference stores Python's names for them, this server the null.
 */
function canonicalJson(given: string): string {
  const text = toValidJson(given);
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(sorted(parseTelling(text)));
  } catch {
    return text;
  }
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key] ?? null)]),
  );
}
