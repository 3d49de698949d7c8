import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { attachTags, detachTags } from '../tags/tags-service.ts';
import { loadPipelines, PIPELINE_LIST } from './pipelines-read-model.ts';
import { deletePipeline, insertPipeline, updatePipeline } from './pipelines-store.ts';

/** The parts that the operations on pipelines need. */
export interface PipelinesParts {
  readonly db: Database;
  readonly list: Lister;
}

/** The operations on pipelines. */
export function pipelinesOperations({ db, list }: PipelinesParts) {
  return {
    list_pipelines_api_v1_pipelines_get: (request) => list(PIPELINE_LIST, request),

    get_pipeline_api_v1_pipelines__pipeline_id__get: ({ path, query }) =>
      loadOne(db, loadPipelines, path.pipeline_id, depthOf(query.hydrate), 'pipeline'),

    create_pipeline_api_v1_pipelines_post: ({ body, query, identity, transaction }) =>
      transaction(async (tx) => {
        const userId = toDatabaseId(identity.user.id);
        const project = await findProject(tx, query.project_name_or_id ?? body.project);
        const description = body.description ?? null;
        const id = await insertPipeline(tx, { name: body.name, description, project_id: project.id, user_id: userId });
        await attachTags(tx, { type: 'pipeline', ids: [id], userId }, body.tags);
        return one(await loadPipelines(tx, [id], FULL), id);
      }),

    update_pipeline_api_v1_pipelines__pipeline_id__put: ({ path, body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.pipeline_id);
        const target = { type: 'pipeline', ids: [id], userId: toDatabaseId(identity.user.id) } as const;
        await updatePipeline(tx, id, body.description ?? null);
        await attachTags(tx, target, body.add_tags);
        await detachTags(tx, target, body.remove_tags);
        return one(await loadPipelines(tx, [id], FULL), id);
      }),

    delete_pipeline_api_v1_pipelines__pipeline_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        await deletePipeline(tx, toDatabaseId(path.pipeline_id));
        return null;
      }),
  } satisfies Handlers;
}
