import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { findProject } from '../projects/projects-read-model.ts';
import type { TagAttachment } from '../tags/tag-attachment.ts';
import { loadPipelines, PIPELINE_LIST } from './pipelines-read-model.ts';
import { deletePipeline, insertPipeline, updatePipeline } from './pipelines-store.ts';

/** The parts that the operations on pipelines need. */
export interface PipelinesParts {
  readonly db: Database;
  readonly list: Lister;
  readonly tags: TagAttachment;
}

/** The operations on pipelines. */
export function pipelinesOperations({ db, list, tags }: PipelinesParts) {
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
        await tags.attach(tx, { type: 'pipeline', ids: [id], userId }, body.tags);
        return one(await loadPipelines(tx, [id], FULL), id);
      }),

    update_pipeline_api_v1_pipelines__pipeline_id__put: ({ path, body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.pipeline_id);
        const target = { type: 'pipeline', ids: [id], userId: toDatabaseId(identity.user.id) } as const;
        await updatePipeline(tx, id, body.description ?? null);
        await tags.attach(tx, target, body.add_tags);
        await tags.detach(tx, target, body.remove_tags);
        return one(await loadPipelines(tx, [id], FULL), id);
      }),

    delete_pipeline_api_v1_pipelines__pipeline_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        await deletePipeline(tx, toDatabaseId(path.pipeline_id));
        return null;
      }),
  } satisfies Handlers;
}
