import type { Connection } from '../database/database.ts';
import type { Schema } from '../database/generated/schema.gen.ts';
import { fromDatabaseId, toDatabaseId } from '../database/ids.ts';
import { keyError } from '../errors.ts';
import { noSuch } from '../listing/lister.ts';

/** A reference in a request to another resource. */
export interface Reference {
  readonly table: keyof Schema;
  /** The id in the request, if any. */
  readonly id: string | null | undefined;
  /** The resource that refers to it, in words, e.g. `pipeline run`. */
  readonly from: string;
  /** What is referred to, in words; derived from the table where left out. */
  readonly type?: string;
  /** The project (database id) that both are in, where the referred resource belongs to one. */
  readonly projectId?: string;
  readonly operation?: 'created' | 'updated';
  /** Whether it is told like a resource that was asked for by itself when it is in no project. */
  readonly askedFor?: boolean;
}

/**
 * Checks that a reference leads to an existing row, in the same project.
 * @returns its database id, or null where the request has none.
 * @throws ApiError KeyError 404
 */
export async function checkReference(connection: Connection, reference: Reference): Promise<string | null> {
  if (reference.id == null) return null;
  const id = toDatabaseId(reference.id);
  let query = connection
    .selectFrom(reference.table)
    .select('id' as never)
    .where('id' as never, '=', id as never);
  if (reference.projectId) query = query.where('project_id' as never, '=', reference.projectId as never);
  if (await query.executeTakeFirst()) return id;
  const type = reference.type ?? typeName(reference.table);
  if (reference.askedFor && !(await isAnywhere(connection, reference.table, id))) throw noSuch(type, id);
  const project = reference.projectId ? ` in the '${await projectLabel(connection, reference)}' project` : '';
  throw keyError(
    `The ${type} with ID ${fromDatabaseId(id)} referenced by the ${reference.from} being ` +
      `${reference.operation ?? 'created'} was not found${project}`,
  );
}

async function isAnywhere(connection: Connection, table: keyof Schema, id: string): Promise<boolean> {
  const query = connection.selectFrom(table).select('id' as never);
  return (await query.where('id' as never, '=', id as never).executeTakeFirst()) !== undefined;
}

/** The reference's messages call the project by its id when something is created, by its name when it is updated. */
async function projectLabel(connection: Connection, { projectId = '', operation }: Reference): Promise<string> {
  if (operation !== 'updated') return fromDatabaseId(projectId);
  const project = await connection.selectFrom('project').select('name').where('id', '=', projectId).executeTakeFirst();
  return project?.name ?? fromDatabaseId(projectId);
}

/** A table's name in words, as messages have it. */
function typeName(table: string): string {
  return table.replaceAll('_', ' ').replace(/s+$/, '');
}
