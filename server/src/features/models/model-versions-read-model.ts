import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';

/** Loads model versions as they are shown within another answer, by database id. */
export async function loadNestedModelVersions(
  connection: Connection,
  ids: readonly string[],
): Promise<Map<string, Model<'ModelVersionResponse'>>> {
  if (ids.length === 0) return new Map();
  const rows = await connection
    .selectFrom('model_version as version')
    .innerJoin('model', 'model.id', 'version.model_id')
    .select(['version.id', 'version.created', 'version.updated', 'version.name', 'version.user_id'])
    .select(['version.project_id', 'version.number', 'version.stage'])
    .select(['model.id as model_id', 'model.created as model_created', 'model.updated as model_updated'])
    .select(['model.name as model_name', 'model.user_id as model_user_id', 'model.project_id as model_project_id'])
    .where('version.id', 'in', ids)
    .execute();
  return new Map(
    rows.map((row) => [
      row.id,
      {
        body: {
          created: toApiInstant(row.created),
          updated: toApiInstant(row.updated),
          user_id: fromNullableId(row.user_id),
          project_id: fromDatabaseId(row.project_id),
          stage: row.stage,
          number: row.number,
          model: {
            body: {
              created: toApiInstant(row.model_created),
              updated: toApiInstant(row.model_updated),
              user_id: fromNullableId(row.model_user_id),
              project_id: fromDatabaseId(row.model_project_id),
            },
            metadata: null,
            resources: null,
            id: fromDatabaseId(row.model_id),
            permission_denied: false,
            name: row.model_name,
          },
        },
        metadata: null,
        resources: null,
        id: fromDatabaseId(row.id),
        permission_denied: false,
        name: row.name,
      },
    ]),
  );
}
