import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId, isUuid, toDatabaseId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { keyError } from '../../errors.ts';
import { BASE_FIELDS, text } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { rawJson } from '../../raw-json.ts';

/** Loads projects by database id; see `Loader`. */
export async function loadProjects(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, Model<'ProjectResponse'>>> {
  const rows = await connection.selectFrom('project').selectAll().where('id', 'in', ids).execute();
  return new Map(
    rows.map((row) => [
      row.id,
      {
        body: {
          created: toApiInstant(row.created),
          updated: toApiInstant(row.updated),
          display_name: row.display_name,
        },
        metadata: depth.metadata
          ? { description: row.description, project_metadata: rawJson(row.project_metadata || '{}') }
          : null,
        resources: null,
        id: fromDatabaseId(row.id),
        permission_denied: false,
        name: row.name,
      },
    ]),
  );
}

/** How projects are listed. */
export const PROJECT_LIST: ListDefinition<Model<'ProjectResponse'>> = {
  table: 'project',
  fields: { ...BASE_FIELDS, name: text('name'), display_name: text('display_name') },
  projectScoped: false,
  load: loadProjects,
};

/**
 * Finds a project.
 * @param nameOrId its name, or its id in any form.
 * @throws ApiError KeyError 404
 */
export async function findProject(connection: Connection, nameOrId: string): Promise<{ id: string; name: string }> {
  const byId = isUuid(nameOrId);
  const project = await connection
    .selectFrom('project')
    .select(['id', 'name'])
    .where(byId ? 'id' : 'name', '=', byId ? toDatabaseId(nameOrId) : nameOrId)
    .executeTakeFirst();
  if (project) return project;
  const reason = byId
    ? 'No project with this ID found.'
    : `'${nameOrId}' is not a valid  UUID and no project with this name exists.`;
  const shown = byId ? fromDatabaseId(toDatabaseId(nameOrId)) : nameOrId;
  throw keyError(`Unable to get project with name or ID '${shown}': ${reason}`);
}
