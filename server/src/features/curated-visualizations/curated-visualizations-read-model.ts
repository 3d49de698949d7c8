import type { Selectable } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { CuratedVisualizationTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';

type CuratedVisualizationResponse = Model<'CuratedVisualizationResponse'>;

/** What curated visualizations are shown with. */
export type VisualizedResourceType = Model<'VisualizationResourceTypes'>;

/** Loads the curated visualizations of resources, by the resource's database id, in their display order. */
export async function loadCuratedVisualizations(
  connection: Connection,
  type: VisualizedResourceType,
  ids: readonly string[],
): Promise<Map<string, CuratedVisualizationResponse[]>> {
  const visualizations = new Map<string, CuratedVisualizationResponse[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return visualizations;
  const rows = await selectCurated(connection)
    .where('curated.resource_id', 'in', ids)
    .where('curated.resource_type', '=', type)
    .orderBy('curated.display_order')
    .execute();
  for (const row of rows) visualizations.get(row.resource_id)?.push(toNestedCuratedVisualization(row));
  return visualizations;
}

function selectCurated(connection: Connection) {
  return connection
    .selectFrom('curated_visualization as curated')
    .innerJoin('artifact_visualization as shown', 'shown.id', 'curated.artifact_visualization_id')
    .selectAll('curated')
    .select('shown.artifact_version_id');
}

/** A row of a curated visualization, and the artifact version that it shows. */
export type CuratedRow = Selectable<CuratedVisualizationTable> & { artifact_version_id: string };

/** Finds a curated visualization by database id. */
export function findCuratedVisualization(connection: Connection, id: string): Promise<CuratedRow | undefined> {
  return selectCurated(connection).where('curated.id', '=', id).executeTakeFirst();
}

/** A curated visualization as it is shown within another answer. */
export function toNestedCuratedVisualization(row: CuratedRow): CuratedVisualizationResponse {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: null,
      project_id: fromDatabaseId(row.project_id),
      artifact_visualization_id: fromDatabaseId(row.artifact_visualization_id),
      artifact_version_id: fromDatabaseId(row.artifact_version_id),
      display_name: row.display_name,
      display_order: row.display_order,
      layout_size: row.layout_size as Model<'CuratedVisualizationSize'>,
      resource_id: fromDatabaseId(row.resource_id),
      resource_type: row.resource_type as VisualizedResourceType,
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
  };
}
