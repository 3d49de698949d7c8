import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { ARTIFACT_LIST, loadArtifacts } from './artifacts-read-model.ts';
import { changeArtifact, createArtifact, removeArtifact } from './artifacts-service.ts';

/** The parts that the operations on artifacts need. */
export interface ArtifactsParts {
  readonly db: Database;
  readonly list: Lister;
}

/** The operations on artifacts. */
export function artifactsOperations({ db, list }: ArtifactsParts) {
  return {
    list_artifacts_api_v1_artifacts_get: (request) => list(ARTIFACT_LIST, request),

    get_artifact_api_v1_artifacts__artifact_id__get: ({ path, query }) =>
      loadOne(db, loadArtifacts, path.artifact_id, depthOf(query.hydrate), 'artifact'),

    create_artifact_api_v1_artifacts_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        const project = await findProject(tx, body.project);
        const artifact = { name: body.name, hasCustomName: body.has_custom_name ?? false, tags: body.tags };
        const id = await createArtifact(tx, artifact, project, toDatabaseId(identity.user.id));
        return one(await loadArtifacts(tx, [id], FULL), id);
      }),

    update_artifact_api_v1_artifacts__artifact_id__put: ({ path, body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.artifact_id);
        await changeArtifact(tx, id, body, toDatabaseId(identity.user.id));
        return one(await loadArtifacts(tx, [id], FULL), id);
      }),

    delete_artifact_api_v1_artifacts__artifact_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        await removeArtifact(tx, toDatabaseId(path.artifact_id));
        return null;
      }),
  } satisfies Handlers;
}
