import type { Selectable } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { ArtifactVisualizationTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import type { Depth } from '../../listing/page.ts';
import { rawJson } from '../../raw-json.ts';
import { loadRunMetadata } from '../run-metadata/run-metadata-read-model.ts';
import { loadTags } from '../tags/tags-read-model.ts';
import { loadOwners } from '../users/users-read-model.ts';

type ArtifactVersionResponse = Model<'ArtifactVersionResponse'>;

/** Loads artifact versions as they are shown within another answer, by database id. */
export async function loadNestedArtifactVersions(
  connection: Connection,
  ids: readonly string[],
): Promise<Map<string, ArtifactVersionResponse>> {
  const rows = await selectVersions(connection, ids);
  return new Map(rows.map((row) => [row.id, toNestedArtifactVersion(row)]));
}

/** Loads artifact versions by database id; see `Loader`. */
export async function loadArtifactVersions(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, ArtifactVersionResponse>> {
  const rows = await selectVersions(connection, ids);
  const versions = new Map(rows.map((row) => [row.id, toNestedArtifactVersion(row)]));
  const metadata = depth.metadata ? await loadMetadata(connection, ids) : undefined;
  const resources = depth.resources ? await loadResources(connection, rows) : undefined;
  for (const [id, version] of versions) {
    versions.set(id, { ...version, metadata: metadata?.(id) ?? null, resources: resources?.(id) ?? null });
  }
  return versions;
}

async function loadMetadata(connection: Connection, ids: readonly string[]) {
  const visualizations = await loadVisualizations(connection, ids);
  const runMetadata = await loadRunMetadata(connection, 'artifact_version', ids);
  return (id: string): Model<'ArtifactVersionResponseMetadata'> => ({
    visualizations: visualizations.get(id) ?? [],
    run_metadata: runMetadata.get(id) ?? {},
  });
}

async function loadResources(connection: Connection, rows: readonly NestedArtifactVersionRow[]) {
  const ids = rows.map((row) => row.id);
  const owners = await loadOwners(connection, rows);
  const ownerOf = new Map(rows.map((row) => [row.id, row.user_id && owners.get(row.user_id)]));
  const tags = await loadTags(connection, 'artifact_version', ids);
  const producers = await loadProducers(connection, ids);
  return (id: string): Model<'ArtifactVersionResponseResources'> => {
    const producer = producers.get(id);
    return {
      user: ownerOf.get(id) || null,
      tags: tags.get(id) ?? [],
      producer_step_run_id: fromNullableId(producer?.step_id ?? null),
      producer_pipeline_run_id: fromNullableId(producer?.run_id ?? null),
    };
  };
}

async function loadVisualizations(connection: Connection, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, Model<'ArtifactVisualizationResponse'>[]>();
  const rows = await connection
    .selectFrom('artifact_visualization')
    .selectAll()
    .where('artifact_version_id', 'in', ids)
    .execute();
  const visualizations = new Map<string, Model<'ArtifactVisualizationResponse'>[]>(ids.map((id) => [id, []]));
  for (const row of rows) {
    visualizations.get(row.artifact_version_id)?.push(toNestedArtifactVisualization(row));
  }
  return visualizations;
}

/** A visualization of an artifact version as it is shown within another answer. */
export function toNestedArtifactVisualization(
  row: Selectable<ArtifactVisualizationTable>,
): Model<'ArtifactVisualizationResponse'> {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      type: row.type as Model<'VisualizationType'>,
      uri: row.uri,
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
  };
}

/** The oldest completed step that gave each artifact version, with its run: a cached step gives what another made. */
async function loadProducers(connection: Connection, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, { step_id: string; run_id: string }>();
  const rows = await connection
    .selectFrom('step_run_output_artifact as output')
    .innerJoin('step_run as step', 'step.id', 'output.step_id')
    .select(['output.artifact_id', 'step.id as step_id', 'step.pipeline_run_id as run_id'])
    .where('output.artifact_id', 'in', ids)
    .where('step.status', '=', 'completed')
    .orderBy('step.created', 'desc')
    .execute();
  return new Map(rows.map((row) => [row.artifact_id, row]));
}

async function selectVersions(connection: Connection, ids: readonly string[]): Promise<NestedArtifactVersionRow[]> {
  if (ids.length === 0) return [];
  return connection
    .selectFrom('artifact_version as version')
    .innerJoin('artifact', 'artifact.id', 'version.artifact_id')
    .selectAll('version')
    .select(['artifact.name as artifact_name', 'artifact.created as artifact_created'])
    .select(['artifact.updated as artifact_updated', 'artifact.user_id as artifact_user_id'])
    .select('artifact.project_id as artifact_project_id')
    .where('version.id', 'in', ids)
    .execute();
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
