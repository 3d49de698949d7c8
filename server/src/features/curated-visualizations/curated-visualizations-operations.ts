import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { changeCurated, createCurated, removeCurated, showCurated } from './curated-visualizations-service.ts';

/** The part that the operations on curated visualizations need. */
export interface CuratedVisualizationsParts {
  readonly db: Database;
}

/** The operations on visualizations that are shown with a project, a pipeline, a run or another resource. */
export function curatedVisualizationsOperations({ db }: CuratedVisualizationsParts) {
  return {
    get_curated_visualization_api_v1_curated_visualizations__visualization_id__get: ({ path, query }) =>
      showCurated(db, toDatabaseId(path.visualization_id), query.hydrate ?? true),

    create_curated_visualization_api_v1_curated_visualizations_post: ({ body, transaction }) =>
      transaction(async (tx) => showCurated(tx, await createCurated(tx, body), true)),

    update_curated_visualization_api_v1_curated_visualizations__visualization_id__put: ({ path, body, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.visualization_id);
        await changeCurated(tx, id, body);
        return showCurated(tx, id, true);
      }),

    delete_curated_visualization_api_v1_curated_visualizations__visualization_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        await removeCurated(tx, toDatabaseId(path.visualization_id));
        return null;
      }),
  } satisfies Handlers;
}
