import { type Selectable, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { ModelTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { columnOf, tags, text, USER_SCOPED_FIELDS } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { tagNames, USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { loadCuratedVisualizations } from '../curated-visualizations/curated-visualizations-read-model.ts';
import { loadTags } from '../tags/tags-read-model.ts';
import { loadOwners } from '../users/users-read-model.ts';

type ModelResponse = Model<'ModelResponse'>;
type ModelRow = Selectable<ModelTable>;

/** Loads models by database id; see `Loader`. */
export async function loadModels(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, ModelResponse>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('model').selectAll().where('id', 'in', ids).execute();
  if (rows.length === 0) return new Map();
  const resourcesOf = depth.resources ? await loadResources(connection, rows) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        body: {
          created: toApiInstant(row.created),
          updated: toApiInstant(row.updated),
          user_id: fromNullableId(row.user_id),
          project_id: fromDatabaseId(row.project_id),
        },
        metadata: depth.metadata ? toMetadata(row) : null,
        resources: resourcesOf?.(row) ?? null,
        id: fromDatabaseId(row.id),
        permission_denied: false,
        name: row.name,
      },
    ]),
  );
}

function toMetadata(row: ModelRow): Model<'ModelResponseMetadata'> {
  const { license, description, audience, use_cases, limitations, trade_offs, ethics } = row;
  return {
    license,
    description,
    audience,
    use_cases,
    limitations,
    trade_offs,
    ethics,
    save_models_to_registry: row.save_models_to_registry === 1,
  };
}

async function loadResources(connection: Connection, rows: readonly ModelRow[]) {
  const ids = rows.map((row) => row.id);
  const owners = await loadOwners(connection, rows);
  const tagsOf = await loadTags(connection, 'model', ids);
  const visualizations = await loadCuratedVisualizations(connection, 'model', ids);
  const versions = await loadLatestVersions(connection, ids);
  return (row: ModelRow): Model<'ModelResponseResources'> => {
    const latest = versions.get(row.id);
    return {
      user: (row.user_id && owners.get(row.user_id)) || null,
      tags: tagsOf.get(row.id) ?? [],
      latest_version_name: latest?.name ?? null,
      latest_version_id: latest ? fromDatabaseId(latest.id) : null,
      visualizations: visualizations.get(row.id) ?? [],
    };
  };
}

/** The version of each model with the highest number: one step on the index (number, model_id) each. */
async function loadLatestVersions(connection: Connection, ids: readonly string[]) {
  const latest = sql<number>`(select max(other.number) from model_version as other where other.model_id = model.id)`;
  const rows = await connection
    .selectFrom('model')
    .innerJoin('model_version', (join) =>
      join.onRef('model_version.model_id', '=', 'model.id').on('model_version.number', '=', latest),
    )
    .select(['model.id as model_id', 'model_version.id', 'model_version.name'])
    .where('model.id', 'in', ids)
    .execute();
  return new Map(rows.map(({ model_id, id, name }) => [model_id, { id, name }]));
}

/** How models are listed. */
export const MODEL_LIST: ListDefinition<ModelResponse> = {
  table: 'model',
  fields: { ...USER_SCOPED_FIELDS, name: text('name'), tags },
  sorts: {
    ...USER_SCOPED_SORTS,
    tags: tagNames('model'),
    latest_version: {
      tiebreak: true,
      by: (listed) => sql`coalesce((select max(version.created) from model_version as version
        where version.model_id = ${columnOf(listed, 'id')}), ${columnOf(listed, 'created')})`,
    },
  },
  projectScoped: true,
  load: loadModels,
};
