import type { Complete } from '../../contract/completion.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne, noSuch } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { checkReference } from '../references.ts';
import { BUILD_LIST, loadBuilds } from './builds-read-model.ts';
import { deleteBuild, insertBuild } from './builds-store.ts';

/** The parts that the operations on pipeline builds need. */
export interface BuildsParts {
  readonly db: Database;
  readonly list: Lister;
  readonly complete: Complete;
}

/** The operations on pipeline builds. */
export function buildsOperations({ db, list, complete }: BuildsParts) {
  return {
    list_builds_api_v1_pipeline_builds_get: (request) => list(BUILD_LIST, request),

    get_build_api_v1_pipeline_builds__build_id__get: ({ path, query }) =>
      loadOne(db, loadBuilds, path.build_id, depthOf(query.hydrate), 'pipeline build'),

    create_build_api_v1_pipeline_builds_post: ({ body, query, identity, transaction }) =>
      transaction(async (tx) => {
        const build = complete('PipelineBuildRequest', body);
        const project = await findProject(tx, query.project_name_or_id ?? build.project);
        const from = 'pipeline build';
        const id = await insertBuild(tx, {
          user_id: toDatabaseId(identity.user.id),
          project_id: project.id,
          stack_id: await checkReference(tx, { table: 'stack', id: build.stack, from }),
          pipeline_id: await checkReference(tx, { table: 'pipeline', id: build.pipeline, from, projectId: project.id }),
          images: JSON.stringify(build.images),
          is_local: build.is_local ? 1 : 0,
          contains_code: build.contains_code ? 1 : 0,
          zenml_version: build.zenml_version,
          python_version: build.python_version,
          checksum: build.checksum,
          stack_checksum: build.stack_checksum,
          duration: build.duration,
        });
        return one(await loadBuilds(tx, [id], FULL), id);
      }),

    delete_build_api_v1_pipeline_builds__build_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        if (!(await deleteBuild(tx, toDatabaseId(path.build_id)))) throw noSuch('pipeline build', path.build_id);
        return null;
      }),
  } satisfies Handlers;
}
