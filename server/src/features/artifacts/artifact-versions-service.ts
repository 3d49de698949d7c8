import type { Complete } from '../../contract/completion.ts';
import { invalidBody } from '../../contract/issues.ts';
import type { BodyOf } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { entityExists, valueError } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { checkReference } from '../references.ts';
import { addMetadata } from '../run-metadata/run-metadata-service.ts';
import { attachTags, detachTags } from '../tags/tags-service.ts';
import * as store from './artifact-versions-store.ts';
import { ensureArtifact } from './artifacts-service.ts';
import { deleteArtifactsWithoutVersions, lockArtifact, type StoredArtifact } from './artifacts-store.ts';

type VersionRequest = BodyOf<'create_artifact_version_api_v1_artifact_versions_post'>;
type VersionUpdate = BodyOf<'update_artifact_version_api_v1_artifact_versions__artifact_version_id__put'>;

/** Where an artifact version is made, and by whom (database ids). */
export interface VersionScope {
  readonly projectId: string;
  readonly userId: string;
}

/**
 * Creates an artifact version, and its artifact where that is named and missing. Without a version it gets the next
 * number: writers hold the artifact, so numbers have no gaps and none is given twice.
 * @returns its database id.
 * @throws ApiError KeyError 404, EntityExistsError 409
 */
export async function createArtifactVersion(
  transaction: Transaction,
  complete: Complete,
  request: VersionRequest,
  scope: VersionScope,
): Promise<string> {
  const from = 'artifact version';
  const storeId = await checkReference(transaction, {
    table: 'stack_component',
    id: request.artifact_store_id,
    from,
    type: 'artifact store',
  });
  const artifact = await findArtifact(transaction, request, scope);
  const version = request.version ?? (await store.nextVersionNumber(transaction, artifact.id));
  const id = await store.insertArtifactVersion(transaction, {
    artifact_id: artifact.id,
    version: String(version),
    version_number: toVersionNumber(version),
    artifact_store_id: storeId,
    project_id: scope.projectId,
    user_id: scope.userId,
    type: request.type,
    uri: request.uri,
    materializer: JSON.stringify(complete('Source', request.materializer)),
    data_type: JSON.stringify(complete('Source', request.data_type)),
    save_type: request.save_type,
    content_hash: request.content_hash ?? null,
    item_count: request.item_count ?? null,
  });
  if (!id) {
    throw entityExists(
      `Unable to create artifact version ${artifact.name} (version ${version}): An artifact with the same name and ` +
        'version already exists.',
    );
  }
  await store.insertVisualizations(transaction, id, request.visualizations ?? []);
  await attachTags(transaction, { type: 'artifact_version', ids: [id], userId: scope.userId }, request.tags);
  await addMetadata(transaction, { id, type: 'artifact_version' }, request.metadata ?? {}, scope);
  return id;
}

async function findArtifact(
  transaction: Transaction,
  { artifact_id, artifact_name, has_custom_name }: VersionRequest,
  { projectId, userId }: VersionScope,
): Promise<StoredArtifact> {
  if (artifact_id && artifact_name) {
    throw invalidBody('Only one of artifact_name and artifact_id can be set.');
  }
  if (artifact_name) return ensureArtifact(transaction, artifact_name, has_custom_name ?? false, projectId, userId);
  if (!artifact_id) throw invalidBody('Either artifact_name or artifact_id must be set.');
  const reference = { table: 'artifact', id: artifact_id, from: 'artifact version', projectId } as const;
  const id = await checkReference(transaction, reference);
  const artifact = await lockArtifact(transaction, id ?? '');
  if (!artifact) throw noSuch('artifact', artifact_id);
  return artifact;
}

/** Versions that read as whole numbers count, also those that a client chose. */
function toVersionNumber(version: string | number): number | null {
  const text = String(version).trim();
  return /^[+-]?\d+$/.test(text) ? Number(text) : null;
}

/** Changes the tags of an artifact version. @throws ApiError KeyError 404 */
export async function changeArtifactVersion(
  transaction: Transaction,
  id: string,
  { add_tags, remove_tags }: VersionUpdate,
  userId: string,
): Promise<void> {
  if (!(await store.touchArtifactVersion(transaction, id))) throw noSuch('artifact version', id);
  const target = { type: 'artifact_version', ids: [id], userId } as const;
  await attachTags(transaction, target, add_tags);
  await detachTags(transaction, target, remove_tags);
}

/** Which parts of an artifact version are deleted. */
export interface Deletion {
  readonly metadata: boolean;
  /** Deletes its data from the artifact store; left out where that stays. It may be called again. */
  readonly deleteData: (() => Promise<void>) | undefined;
}

/**
 * Deletes an artifact version that no step uses.
 * @param id API form.
 * @throws ApiError KeyError 404, ValueError 400 while it is used, and what the deletion of its data throws.
 */
export async function removeArtifactVersion(transaction: Transaction, id: string, deletion: Deletion): Promise<void> {
  const databaseId = toDatabaseId(id);
  const unused = await store.isUnusedBySteps(transaction, databaseId);
  if (unused === undefined) throw noSuch('artifact version', id);
  if (deletion.metadata && !unused) {
    throw valueError(
      'The metadata of artifact versions that are used in runs cannot be deleted. Please delete all runs that use ' +
        'this artifact version first.',
    );
  }
  await deletion.deleteData?.();
  if (deletion.metadata) await store.deleteArtifactVersions(transaction, [databaseId]);
}

/** Deletes a project's artifact versions that nothing uses, and, where asked, its artifacts without versions. */
export async function pruneArtifactVersions(
  transaction: Transaction,
  projectId: string,
  onlyVersions: boolean,
): Promise<void> {
  await store.deleteArtifactVersions(transaction, await store.findUnused(transaction, projectId));
  if (!onlyVersions) await deleteArtifactsWithoutVersions(transaction, projectId);
}
