import { type SqlBool, sql } from 'kysely';
import type { Identity } from '../auth/identity.ts';
import type { RowScope } from '../auth/permissions.ts';
import type { Connection, Database } from '../database/database.ts';
import { fromDatabaseId, toDatabaseId } from '../database/ids.ts';
import { keyError } from '../errors.ts';
import type { Condition } from './comparisons.ts';
import { columnOf } from './fields.ts';
import { compileListQuery, type ListedTable, type ListParameters } from './list-query.ts';
import { type Depth, depthOf, type Loader, loadPage, type Page } from './page.ts';

/** A resource that can be listed. */
export interface ListDefinition<Item> extends ListedTable {
  /** Whether a list shows one project only: the one asked for, or the default. */
  readonly projectScoped: boolean;
  readonly load: Loader<Item>;
  /** Conditions that depend on who is asking, such as private secrets. */
  readonly visibleTo?: (identity: Identity) => readonly Condition[];
}

/** Finds a project's database id by name or id; without either, the default project's. */
export type ResolveProject = (connection: Connection, nameOrId: string | undefined) => Promise<string>;

/** The part of a list request that a list is made from. */
export interface ListRequest {
  readonly query: ListParameters;
  readonly identity: Identity;
}

/** Answers list operations. */
export type Lister = <Item>(
  definition: ListDefinition<Item>,
  request: ListRequest,
  scope?: readonly Condition[],
) => Promise<Page<Item>>;

/** Makes the function that answers every list operation from its resource's definition. */
export function createLister(db: Database, resolveProject: ResolveProject): Lister {
  return async (definition, { query, identity }, scope = []) => {
    const { rows } = identity.permissions ?? {};
    const conditions = [
      ...scope,
      ...(definition.visibleTo?.(identity) ?? []),
      ...(rows ? [withinRows(definition.table, rows)] : []),
    ];
    if (definition.projectScoped) {
      const projectId = await resolveProject(db, projectOf(query));
      conditions.push(sql<SqlBool>`${columnOf(definition.table, 'project_id')} = ${projectId}`);
    }
    const listQuery = compileListQuery(definition, query, conditions);
    return loadPage(db, definition.table, listQuery, depthOf(query['hydrate'] === true), definition.load);
  };
}

/** The condition for rows that a list may show: those of some values, and where rows have owners, one's own and nobody's. */
export function withinRows(table: string, { column, ids, ownerId }: RowScope): Condition {
  const value = columnOf(table, column);
  const within = ids.length > 0 ? sql<SqlBool>`${value} in (${sql.join(ids)})` : sql<SqlBool>`false`;
  if (ownerId === undefined) return within;
  const owner = columnOf(table, 'user_id');
  return sql<SqlBool>`(${within} or ${owner} is null or ${owner} = ${ownerId})`;
}

function projectOf(query: ListParameters): string | undefined {
  const nameOrId = query['project_name_or_id'] ?? query['project'];
  return nameOrId === undefined || nameOrId === null || nameOrId === '' ? undefined : String(nameOrId);
}

/**
 * Loads one item by its id (API form).
 * @param type the name of the resource in the message, e.g. `pipeline`.
 * @throws ApiError KeyError 404
 */
export async function loadOne<Item>(
  connection: Connection,
  load: Loader<Item>,
  id: string,
  depth: Depth,
  type: string,
): Promise<Item> {
  const databaseId = toDatabaseId(id);
  const item = (await load(connection, [databaseId], depth)).get(databaseId);
  if (item === undefined) throw noSuch(type, id);
  return item;
}

/** The error for an id that is not there, in the reference's words. */
export function noSuch(type: string, id: string) {
  const shown = fromDatabaseId(toDatabaseId(id));
  return keyError(`Unable to get ${type} with ID '${shown}': No ${type} with this ID found`);
}
