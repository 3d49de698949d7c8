import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { integer, nameOrId, runMetadata, tags, text, USER_SCOPED_FIELDS } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { tagNames, USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { loadRunMetadata } from '../run-metadata/run-metadata-read-model.ts';
import { loadServicesOf } from '../services/services-read-model.ts';
import { loadTags } from '../tags/tags-read-model.ts';
import { loadOwners } from '../users/users-read-model.ts';
import { loadNestedModelVersions } from './model-versions-read-model.ts';

type ModelVersionResponse = Model<'ModelVersionResponse'>;

/** Loads model versions by database id; see `Loader`. */
export async function loadModelVersions(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, ModelVersionResponse>> {
  const versions = await loadNestedModelVersions(connection, ids);
  if (versions.size === 0) return versions;
  const found = [...versions.keys()];
  const metadata = depth.metadata ? await loadMetadata(connection, found) : undefined;
  const resources = depth.resources ? await loadResources(connection, found, depth) : undefined;
  for (const [id, version] of versions) {
    versions.set(id, { ...version, metadata: metadata?.get(id) ?? null, resources: resources?.get(id) ?? null });
  }
  return versions;
}

async function loadMetadata(connection: Connection, ids: readonly string[]) {
  const rows = await connection
    .selectFrom('model_version')
    .select(['id', 'description'])
    .where('id', 'in', ids)
    .execute();
  const runMetadataOf = await loadRunMetadata(connection, 'model_version', ids);
  return new Map(
    rows.map(({ id, description }): [string, Model<'ModelVersionResponseMetadata'>] => [
      id,
      { description, run_metadata: runMetadataOf.get(id) ?? {} },
    ]),
  );
}

async function loadResources(connection: Connection, ids: readonly string[], depth: Depth) {
  const rows = await connection.selectFrom('model_version').select(['id', 'user_id']).where('id', 'in', ids).execute();
  const owners = await loadOwners(connection, rows);
  const tagsOf = await loadTags(connection, 'model_version', ids);
  const services = await loadServicesOf(connection, ids, depth);
  return new Map(
    rows.map((row): [string, Model<'ModelVersionResponseResources'>] => [
      row.id,
      {
        user: (row.user_id && owners.get(row.user_id)) || null,
        services: services.get(row.id) ?? { index: 1, max_size: 5, total_pages: 1, total: 0, items: [] },
        tags: tagsOf.get(row.id) ?? [],
      },
    ]),
  );
}

/** How model versions are listed. */
export const MODEL_VERSION_LIST: ListDefinition<ModelVersionResponse> = {
  table: 'model_version',
  fields: {
    ...USER_SCOPED_FIELDS,
    name: text('name'),
    number: integer('number'),
    stage: text('stage'),
    tags,
    run_metadata: runMetadata('model_version'),
    model: nameOrId({ column: 'model_id', table: 'model' }),
  },
  sorts: { ...USER_SCOPED_SORTS, tags: tagNames('model_version') },
  projectScoped: true,
  load: loadModelVersions,
};
