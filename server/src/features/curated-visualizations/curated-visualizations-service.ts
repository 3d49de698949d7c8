import type { BodyOf, Model } from '../../contract/operation-types.ts';
import type { Connection, Transaction } from '../../database/database.ts';
import { fromDatabaseId, toDatabaseId } from '../../database/ids.ts';
import { entityExists, illegalOperation } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { toNestedArtifactVisualization } from '../artifacts/artifact-versions-read-model.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { findCuratedVisualization, toNestedCuratedVisualization } from './curated-visualizations-read-model.ts';
import * as store from './curated-visualizations-store.ts';

type CuratedRequest = BodyOf<'create_curated_visualization_api_v1_curated_visualizations_post'>;
type CuratedUpdate = BodyOf<'update_curated_visualization_api_v1_curated_visualizations__visualization_id__put'>;

/** Shows a curated visualization; in full with the visualization that it points to. @throws ApiError KeyError 404 */
export async function showCurated(
  connection: Connection,
  id: string,
  full: boolean,
): Promise<Model<'CuratedVisualizationResponse'>> {
  const row = await findCuratedVisualization(connection, id);
  if (!row) throw noSuch('curated visualization', id);
  const curated = toNestedCuratedVisualization(row);
  const shown = full ? await store.findArtifactVisualization(connection, row.artifact_visualization_id) : undefined;
  if (!shown) return curated;
  return {
    ...curated,
    metadata: {},
    resources: { user: null, artifact_visualization: toNestedArtifactVisualization(shown) },
  };
}

/** Shows a visualization with a resource, and returns its database id. @throws ApiError 403, 404, 409 */
export async function createCurated(transaction: Transaction, request: CuratedRequest): Promise<string> {
  const resource = { type: request.resource_type, id: toDatabaseId(request.resource_id) };
  const resourceProject = await store.lockResource(transaction, resource);
  if (!resourceProject) throw await noSuchResource(transaction, resource);
  const shownId = toDatabaseId(request.artifact_visualization_id);
  const shown = await store.findArtifactVisualization(transaction, shownId);
  if (!shown) throw noSuch('artifact visualization', shownId);
  const project = await findProject(transaction, request.project);
  if (shown.project_id !== project.id) {
    throw illegalOperation('Curated visualizations must target the same project as the artifact visualization.');
  }
  if (resource.type !== 'project' && resourceProject !== project.id) {
    throw illegalOperation(
      `Resource ${resource.type} with ID ${fromDatabaseId(resource.id)} belongs to a different project than the ` +
        `curated visualization (project ID: ${fromDatabaseId(project.id)}).`,
    );
  }
  const order = request.display_order ?? null;
  const id = await store.insertCurated(transaction, {
    project_id: project.id,
    artifact_visualization_id: shownId,
    display_name: request.display_name ?? null,
    display_order: order,
    layout_size: request.layout_size ?? 'full_width',
    resource_id: resource.id,
    resource_type: resource.type,
  });
  if (!id) {
    throw entityExists(
      'A curated visualization for this resource already exists for the specified artifact visualization.',
    );
  }
  await requireFreeOrder(transaction, resource, order, id);
  return id;
}

/** Changes a curated visualization; a display order of null clears it. @throws ApiError 404, 409 */
export async function changeCurated(transaction: Transaction, id: string, update: CuratedUpdate): Promise<void> {
  const row = await findCuratedVisualization(transaction, id);
  if (!row) throw noSuch('curated visualization', id);
  const { body } = toNestedCuratedVisualization(row);
  const resource = { type: body?.resource_type ?? 'project', id: row.resource_id };
  await store.lockResource(transaction, resource);
  await requireFreeOrder(transaction, resource, update.display_order ?? null, id);
  await store.updateCurated(transaction, id, {
    ...(update.display_name !== undefined && { display_name: update.display_name }),
    ...(update.display_order !== undefined && { display_order: update.display_order }),
    ...(update.layout_size != null && { layout_size: update.layout_size }),
  });
}

async function requireFreeOrder(
  transaction: Transaction,
  resource: store.CuratedResource,
  order: number | null,
  except: string,
): Promise<void> {
  if (order === null || !(await store.isOrderTaken(transaction, resource, order, except))) return;
  throw entityExists(
    `A curated visualization for this resource already uses the display order '${order}'. Please choose a different value.`,
  );
}

/** Deletes a curated visualization. @throws ApiError KeyError 404 */
export async function removeCurated(transaction: Transaction, id: string): Promise<void> {
  if (!(await store.deleteCurated(transaction, id))) throw noSuch('curated visualization', id);
}

/** A project that is not there has a message of its own. */
async function noSuchResource(transaction: Transaction, { type, id }: store.CuratedResource) {
  if (type === 'project') await findProject(transaction, fromDatabaseId(id));
  return noSuch(type.replaceAll('_', ' '), id);
}
