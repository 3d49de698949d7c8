import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { rawJson } from '../../raw-json.ts';

/** Loads artifact versions as they are shown within another answer, by database id. */
export async function loadNestedArtifactVersions(
  connection: Connection,
  ids: readonly string[],
): Promise<Map<string, Model<'ArtifactVersionResponse'>>> {
  if (ids.length === 0) return new Map();
  const rows = await connection
    .selectFrom('artifact_version as version')
    .innerJoin('artifact', 'artifact.id', 'version.artifact_id')
    .selectAll('version')
    .select(['artifact.name as artifact_name', 'artifact.created as artifact_created'])
    .select(['artifact.updated as artifact_updated', 'artifact.user_id as artifact_user_id'])
    .select('artifact.project_id as artifact_project_id')
    .where('version.id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.id, toNestedArtifactVersion(row)]));
}

interface NestedArtifactVersionRow {
  id: string;
  created: string;
  updated: string;
  user_id: string | null;
  project_id: string;
  version: string;
  uri: string;
  type: string;
  materializer: string;
  data_type: string;
  save_type: string;
  artifact_store_id: string | null;
  content_hash: string | null;
  item_count: number | null;
  artifact_id: string;
  artifact_name: string;
  artifact_created: string;
  artifact_updated: string;
  artifact_user_id: string | null;
  artifact_project_id: string;
}

function toNestedArtifactVersion(row: NestedArtifactVersionRow): Model<'ArtifactVersionResponse'> {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: fromNullableId(row.user_id),
      project_id: fromDatabaseId(row.project_id),
      artifact: {
        body: {
          created: toApiInstant(row.artifact_created),
          updated: toApiInstant(row.artifact_updated),
          user_id: fromNullableId(row.artifact_user_id),
          project_id: fromDatabaseId(row.artifact_project_id),
        },
        metadata: null,
        resources: null,
        id: fromDatabaseId(row.artifact_id),
        permission_denied: false,
        name: row.artifact_name,
      },
      version: row.version,
      uri: row.uri,
      type: row.type as Model<'ArtifactType'>,
      materializer: toSource(row.materializer),
      data_type: toSource(row.data_type),
      save_type: row.save_type as Model<'ArtifactSaveType'>,
      artifact_store_id: fromNullableId(row.artifact_store_id),
      content_hash: row.content_hash,
      item_count: row.item_count,
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
  };
}

/** A stored source: JSON, or the import path that old versions of ZenML stored. */
export function toSource(stored: string): Model<'Source'> {
  if (stored.startsWith('{')) return rawJson(stored);
  const path = stored.split('@', 1)[0] ?? '';
  const dot = path.lastIndexOf('.');
  return dot < 0
    ? { module: path, attribute: null, type: 'unknown' }
    : { module: path.slice(0, dot), attribute: path.slice(dot + 1), type: 'unknown' };
}
