import { sql } from 'kysely';
import type { Connection } from '../database/database.ts';
import { valueError } from '../errors.ts';
import type { ListQuery } from './list-query.ts';

/** How much of each item an answer shows. */
export interface Depth {
  /** `hydrate`: the `metadata` part. */
  readonly metadata: boolean;
  /** The `resources` part: related entities. Left out where an item is itself a part of another's answer. */
  readonly resources: boolean;
}

/** An item as part of another item's answer. */
export const NESTED: Depth = { metadata: false, resources: false };
/** An item in full: after a write, or by itself with `hydrate`. */
export const FULL: Depth = { metadata: true, resources: true };

/** The depth of an item in a list or by itself. */
export function depthOf(hydrate: boolean | undefined): Depth {
  return { metadata: hydrate ?? false, resources: true };
}

/** Loads items by database id in a constant number of statements, whatever their number. Unknown ids are left out. */
export type Loader<Item> = (connection: Connection, ids: readonly string[], depth: Depth) => Promise<Map<string, Item>>;

/** One page of a list. */
export interface Page<Item> {
  index: number;
  max_size: number;
  total_pages: number;
  total: number;
  items: Item[];
}

/**
 * Selects the keys of a page, counts, and loads the items of these keys: the sort runs over an index and never over
 * wide rows, and page 1,000 costs what page 1 costs but for the index scan.
 * @throws ApiError ValueError 400 for a page behind the last one.
 */
export async function loadPage<Item>(
  connection: Connection,
  table: string,
  query: ListQuery,
  depth: Depth,
  load: Loader<Item>,
): Promise<Page<Item>> {
  const ids = await selectIds(connection, table, query);
  const total = await countAll(connection, table, query, ids.length);
  const totalPages = Math.max(1, Math.ceil(total / query.size));
  if (query.page > totalPages) throw valueError(outOfBounds(query, total, totalPages));
  const items = ids.length > 0 ? await load(connection, ids, depth) : new Map<string, Item>();
  return {
    index: query.page,
    max_size: query.size,
    total_pages: totalPages,
    total,
    items: ids.flatMap((id) => items.get(id) ?? []),
  };
}

async function selectIds(connection: Connection, table: string, query: ListQuery): Promise<string[]> {
  const id = sql.ref(`${table}.id`);
  // Behind the last page either way; beyond this JavaScript prints an exponent.
  const offset = Math.min((query.page - 1) * query.size, Number.MAX_SAFE_INTEGER);
  const statement = sql<{ id: string }>`select ${id} as id from ${sql.table(table)} ${query.joins}
    ${whereClause(query)} order by ${query.orderBy} limit ${query.size} offset ${offset}`;
  return (await statement.execute(connection)).rows.map((row) => row.id);
}

/** A page that is not full is the last one: it tells the total by itself. */
async function countAll(connection: Connection, table: string, query: ListQuery, found: number): Promise<number> {
  if (found < query.size && (found > 0 || query.page === 1)) return (query.page - 1) * query.size + found;
  const statement = sql<{ total: number }>`select count(*) as total from ${sql.table(table)} ${whereClause(query)}`;
  return Number((await statement.execute(connection)).rows[0]?.total ?? 0);
}

function whereClause({ where }: ListQuery) {
  return where ? sql`where ${where}` : sql``;
}

function outOfBounds({ page, size }: ListQuery, total: number, totalPages: number): string {
  return (
    `Invalid page ${page}. The requested page size is ${size} and there are a total of ${total} items for this ` +
    `query. The maximum page value therefore is ${totalPages}.`
  );
}

/** The item of an id that was found in the same transaction. */
export function one<Item>(items: ReadonlyMap<string, Item>, id: string): Item {
  const item = items.get(id);
  if (item === undefined) throw new Error(`Row ${id} is gone although this transaction has seen it.`);
  return item;
}
