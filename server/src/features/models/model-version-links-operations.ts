import type { Handlers } from '../../contract/registry.ts';
import type { Transaction } from '../../database/database.ts';
import { isUuid, toDatabaseId } from '../../database/ids.ts';
import { keyError } from '../../errors.ts';
import { type Lister, noSuch } from '../../listing/lister.ts';
import { FULL, NESTED, one } from '../../listing/page.ts';
import { deleteUnusedByRuns } from '../artifacts/artifacts-service.ts';
import { checkReference } from '../references.ts';
import {
  ARTIFACT_LINK_LIST,
  loadArtifactLinks,
  loadRunLinks,
  RUN_LINK_LIST,
} from './model-version-links-read-model.ts';
import * as store from './model-version-links-store.ts';
import { lockModelOfVersion } from './models-store.ts';

/** The parts that the operations on links of model versions need. */
export interface ModelVersionLinksParts {
  readonly list: Lister;
}

/** The operations on what model versions are linked to: artifact versions and runs. */
export function modelVersionLinksOperations({ list }: ModelVersionLinksParts) {
  return {
    list_model_version_artifact_links_api_v1_model_version_artifacts_get: (request) =>
      list(ARTIFACT_LINK_LIST, request),

    create_model_version_artifact_link_api_v1_model_version_artifacts_post: ({ body, transaction }) =>
      transaction(async (tx) => {
        const versionId = await requireVersion(tx, body.model_version);
        const reference = { table: 'artifact_version', id: body.artifact_version, from: FROM } as const;
        const targetId = (await checkReference(tx, reference)) ?? '';
        const link = await store.ensureLink(tx, 'artifact', { versionId, targetId });
        return one(await loadArtifactLinks(tx, [link.id], link.created ? FULL : NESTED), link.id);
      }),

    delete_model_version_artifact_link_api_v1_model_versions__model_version_id__artifacts__model_version_artifact_link_name_or_id__delete:
      ({ path, transaction }) =>
        transaction(async (tx) => {
          const name = path.model_version_artifact_link_name_or_id;
          const versionId = await requireVersion(tx, path.model_version_id);
          if (await unlink(tx, 'artifact', versionId, name)) return null;
          throw noLink(`name or ID \`${name}\``);
        }),

    delete_all_model_version_artifact_links_api_v1_model_versions__model_version_id__artifacts_delete: ({
      path,
      query,
      transaction,
    }) =>
      transaction(async (tx) => {
        const versionId = await requireVersion(tx, path.model_version_id);
        const artifactVersions = await store.deleteArtifactLinks(tx, versionId);
        if (query.only_links === false) await deleteUnusedByRuns(tx, artifactVersions);
        return null;
      }),

    list_model_version_pipeline_run_links_api_v1_model_version_pipeline_runs_get: (request) =>
      list(RUN_LINK_LIST, request),

    create_model_version_pipeline_run_link_api_v1_model_version_pipeline_runs_post: ({ body, transaction }) =>
      transaction(async (tx) => {
        const versionId = await requireVersion(tx, body.model_version);
        const reference = { table: 'pipeline_run', id: body.pipeline_run, from: FROM } as const;
        const targetId = (await checkReference(tx, reference)) ?? '';
        const link = await store.ensureLink(tx, 'run', { versionId, targetId });
        return one(await loadRunLinks(tx, [link.id], link.created ? FULL : NESTED), link.id);
      }),

    delete_model_version_pipeline_run_link_api_v1_model_versions__model_version_id__runs__model_version_pipeline_run_link_name_or_id__delete:
      ({ path, transaction }) =>
        transaction(async (tx) => {
          const name = path.model_version_pipeline_run_link_name_or_id;
          const versionId = await requireVersion(tx, path.model_version_id);
          if (await unlink(tx, 'run', versionId, name)) return null;
          throw noLink(`name \`${name}\``);
        }),
  } satisfies Handlers;
}

const FROM = 'model version link';

/** Finds a version and holds its model, as writers of links do. @returns its database id. */
async function requireVersion(transaction: Transaction, id: string): Promise<string> {
  const version = await lockModelOfVersion(transaction, toDatabaseId(id));
  if (!version) throw noSuch('model version', id);
  return version.id;
}

async function unlink(
  transaction: Transaction,
  type: store.LinkedType,
  versionId: string,
  nameOrId: string,
): Promise<boolean> {
  const linkId = isUuid(nameOrId)
    ? toDatabaseId(nameOrId)
    : await store.findLinkByName(transaction, type, versionId, nameOrId);
  return linkId !== undefined && (await store.deleteLink(transaction, type, versionId, linkId));
}

function noLink(what: string) {
  return keyError(`Unable to delete model version link with ${what}: No model version link with this name found.`);
}
