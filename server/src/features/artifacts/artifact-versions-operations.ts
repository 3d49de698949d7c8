import type { Complete } from '../../contract/completion.ts';
import type { Model } from '../../contract/operation-types.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Connection, Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne } from '../../listing/lister.ts';
import { depthOf, FULL, NESTED, one } from '../../listing/page.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { ARTIFACT_VERSION_LIST } from './artifact-versions-list.ts';
import { loadArtifactVersions } from './artifact-versions-read-model.ts';
import * as service from './artifact-versions-service.ts';

/** The parts that the operations on artifact versions need. */
export interface ArtifactVersionsParts {
  readonly db: Database;
  readonly list: Lister;
  readonly complete: Complete;
  /** Deletes the data of an artifact version. */
  readonly deleteData: (connection: Connection, version: Model<'ArtifactVersionResponse'>) => Promise<void>;
}

/** The operations on artifact versions. */
export function artifactVersionsOperations({ db, list, complete, deleteData }: ArtifactVersionsParts) {
  const deleteDataOf = async (connection: Connection, versionId: string) => {
    const id = toDatabaseId(versionId);
    await deleteData(connection, one(await loadArtifactVersions(connection, [id], NESTED), id));
  };

  return {
    list_artifact_versions_api_v1_artifact_versions_get: (request) => list(ARTIFACT_VERSION_LIST, request),

    get_artifact_version_api_v1_artifact_versions__artifact_version_id__get: ({ path, query }) =>
      loadOne(db, loadArtifactVersions, path.artifact_version_id, depthOf(query.hydrate), 'artifact version'),

    create_artifact_version_api_v1_artifact_versions_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        const project = await findProject(tx, body.project);
        const scope = { projectId: project.id, userId: toDatabaseId(identity.user.id) };
        const id = await service.createArtifactVersion(tx, complete, body, scope);
        return one(await loadArtifactVersions(tx, [id], FULL), id);
      }),

    batch_create_artifact_version_api_v1_artifact_versions_batch_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        const ids: string[] = [];
        for (const request of body) {
          const project = await findProject(tx, request.project);
          const scope = { projectId: project.id, userId: toDatabaseId(identity.user.id) };
          ids.push(await service.createArtifactVersion(tx, complete, request, scope));
        }
        const versions = await loadArtifactVersions(tx, ids, FULL);
        return ids.map((id) => one(versions, id));
      }),

    update_artifact_version_api_v1_artifact_versions__artifact_version_id__put: (request) =>
      request.transaction(async (tx) => {
        const id = toDatabaseId(request.path.artifact_version_id);
        await service.changeArtifactVersion(tx, id, request.body, toDatabaseId(request.identity.user.id));
        return one(await loadArtifactVersions(tx, [id], FULL), id);
      }),

    delete_artifact_version_api_v1_artifact_versions__artifact_version_id__delete: ({ path, query, transaction }) =>
      transaction(async (tx) => {
        const deletion = {
          metadata: query.delete_metadata ?? true,
          deleteData: query.delete_from_artifact_store ? () => deleteDataOf(tx, path.artifact_version_id) : undefined,
        };
        await service.removeArtifactVersion(tx, path.artifact_version_id, deletion);
        return null;
      }),

    prune_artifact_versions_api_v1_artifact_versions_delete: ({ query, transaction }) =>
      transaction(async (tx) => {
        const project = await findProject(tx, query.project_name_or_id);
        await service.pruneArtifactVersions(tx, project.id, query.only_versions ?? true);
        return null;
      }),
  } satisfies Handlers;
}
