import { sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { boolean, columnOf, tags, text, USER_SCOPED_FIELDS } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { tagNames, USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { loadTags } from '../tags/tags-read-model.ts';
import { loadOwners } from '../users/users-read-model.ts';

type ArtifactResponse = Model<'ArtifactResponse'>;

/** Loads artifacts by database id; see `Loader`. */
export async function loadArtifacts(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, ArtifactResponse>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('artifact').selectAll().where('id', 'in', ids).execute();
  if (rows.length === 0) return new Map();
  const resources = depth.resources ? await loadResources(connection, rows) : undefined;
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
        metadata: depth.metadata ? { has_custom_name: row.has_custom_name === 1 } : null,
        resources: resources?.(row) ?? null,
        id: fromDatabaseId(row.id),
        permission_denied: false,
        name: row.name,
      },
    ]),
  );
}

type Owned = { id: string; user_id: string | null };

async function loadResources(connection: Connection, rows: readonly Owned[]) {
  const ids = rows.map((row) => row.id);
  const owners = await loadOwners(connection, rows);
  const tagsOf = await loadTags(connection, 'artifact', ids);
  const versions = await loadLatestVersions(connection, ids);
  return (row: Owned): Model<'ArtifactResponseResources'> => {
    const latest = versions.get(row.id);
    return {
      user: (row.user_id && owners.get(row.user_id)) || null,
      tags: tagsOf.get(row.id) ?? [],
      latest_version_name: latest?.version ?? null,
      latest_version_id: fromNullableId(latest?.id ?? null),
    };
  };
}

/** The newest version of each artifact, in one statement. */
async function loadLatestVersions(connection: Connection, ids: readonly string[]) {
  const latest = sql<string>`(select newest.id from artifact_version as newest
    where newest.artifact_id = artifact.id order by newest.created desc limit 1)`;
  const rows = await connection
    .selectFrom('artifact')
    .innerJoin('artifact_version as version', (join) => join.on('version.id', '=', latest))
    .select(['artifact.id as artifact_id', 'version.id', 'version.version'])
    .where('artifact.id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.artifact_id, row]));
}

/** How artifacts are listed. */
export const ARTIFACT_LIST: ListDefinition<ArtifactResponse> = {
  table: 'artifact',
  fields: { ...USER_SCOPED_FIELDS, name: text('name'), has_custom_name: boolean('has_custom_name'), tags },
  sorts: {
    ...USER_SCOPED_SORTS,
    tags: tagNames('artifact'),
    latest_version: {
      tiebreak: true,
      by: (listed) => sql`coalesce((select max(newest.created) from artifact_version as newest
        where newest.artifact_id = ${columnOf(listed, 'id')}), ${columnOf(listed, 'created')})`,
    },
  },
  projectScoped: true,
  load: loadArtifacts,
};
