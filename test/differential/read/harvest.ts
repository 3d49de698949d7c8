import type { RowDataPacket } from 'mysql2/promise';
import { createConnection } from 'mysql2/promise';
import type { HttpClient } from '../../servers/http-client.ts';
import { at, isObject, type Json, type JsonObject } from '../../servers/json.ts';
import { operations } from '../operations.ts';

/** What the seeded server holds: of each collection its hydrated items. */
export type Harvest = Map<string, JsonObject[]>;

/** Collections that no operation lists; their ids come from the table. */
const unlisted: Record<string, string> = {
  '/api/v1/logs': 'logs',
  '/api/v1/curated_visualizations': 'curated_visualization',
};

/** Asks the reference for everything that it lists. */
export async function harvest(
  client: HttpClient,
  headers: Record<string, string>,
  databaseUrl: string,
): Promise<Harvest> {
  const found: Harvest = new Map();
  for (const { method, path, parameters } of operations) {
    if (method !== 'GET' || path.includes('{') || path.includes('/workspaces')) continue;
    if (!parameters.some(({ name }) => name === 'size')) continue;
    const answer = await client.send({ method, path: `${path}?size=100&hydrate=true`, headers });
    const items = at(answer.body, 'items');
    found.set(path, Array.isArray(items) ? items.filter(isObject) : []);
  }
  const types = await client.send({ method: 'GET', path: '/api/v1/service_connector_types', headers });
  const listed = Array.isArray(types.body) ? types.body.filter(isObject) : [];
  found.set(
    '/api/v1/service_connector_types',
    listed.slice(0, 2).map((item) => ({ ...item, id: item['connector_type'] ?? null })),
  );
  const connection = await createConnection(databaseUrl);
  try {
    for (const [path, table] of Object.entries(unlisted)) {
      const [rows] = await connection.query<RowDataPacket[]>(`SELECT id FROM \`${table}\` ORDER BY id LIMIT 10`);
      found.set(
        path,
        rows.map(({ id }) => ({ id: hyphenated(id) })),
      );
    }
  } finally {
    await connection.end();
  }
  return found;
}

function hyphenated(id: string): string {
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Values that a field has on an item, wherever the item shows it. */
export function valuesOf(item: JsonObject, field: string): string[] {
  const base = field.replace(/_(id|name)$/, '');
  const places = ['', 'body.', 'metadata.', 'resources.'];
  const found = places.flatMap((place) => [
    ...texts(at(item, `${place}${field}`)),
    ...texts(at(item, `${place}${base}`), field.endsWith('_id')),
    ...texts(at(item, `${place}${field}s`)),
  ]);
  return [...new Set(found)];
}

function texts(value: Json | undefined, idOnly = false): string[] {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  if (Array.isArray(value)) return value.slice(0, 2).flatMap((item) => texts(item, idOnly));
  if (!isObject(value ?? null) || !isObject(value)) return [];
  const id = value['id'];
  const name = value['name'];
  return [...(idOnly || typeof name !== 'string' ? [] : [name]), ...(typeof id === 'string' ? [id] : [])];
}
