import type { Transaction } from '../../database/database.ts';
import { isReferenced } from '../../database/transaction.ts';
import { entityExists, illegalOperation } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { checkName } from '../names.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { attachTags, detachTags, type TagReference } from '../tags/tags-service.ts';
import { deleteArtifactVersions, findVersionsOf } from './artifact-versions-store.ts';
import * as store from './artifacts-store.ts';

/** A project by database id and name. */
interface Project {
  readonly id: string;
  readonly name: string;
}

/** A new artifact and its tags. */
export interface NewArtifact {
  readonly name: string;
  readonly hasCustomName: boolean;
  readonly tags: readonly TagReference[] | null | undefined;
}

/** Creates an artifact and returns its database id. @throws ApiError EntityExistsError 409 */
export async function createArtifact(
  transaction: Transaction,
  artifact: NewArtifact,
  project: Project,
  userId: string,
): Promise<string> {
  checkName(artifact.name, 'Artifact');
  const id = await store.insertArtifact(transaction, {
    name: artifact.name,
    has_custom_name: artifact.hasCustomName ? 1 : 0,
    project_id: project.id,
    user_id: userId,
  });
  if (!id) throw nameTaken('create', artifact.name, project);
  await attachTags(transaction, { type: 'artifact', ids: [id], userId }, artifact.tags);
  return id;
}

/** What is changed of an artifact. */
export interface ArtifactChanges {
  readonly name?: string | null;
  readonly has_custom_name?: boolean | null;
  readonly add_tags?: readonly TagReference[] | null;
  readonly remove_tags?: readonly TagReference[] | null;
}

/** Changes an artifact; a new name is a custom one. @throws ApiError KeyError 404, EntityExistsError 409 */
export async function changeArtifact(
  transaction: Transaction,
  id: string,
  changes: ArtifactChanges,
  userId: string,
): Promise<void> {
  const artifact = await store.lockArtifact(transaction, id);
  if (!artifact) throw noSuch('artifact', id);
  const free = await store.updateArtifact(transaction, id, {
    ...(changes.name && { name: changes.name, has_custom_name: 1 }),
    ...(changes.has_custom_name != null && { has_custom_name: changes.has_custom_name ? 1 : 0 }),
  });
  if (!free) throw nameTaken('update', changes.name ?? '', await findProject(transaction, artifact.project_id));
  const target = { type: 'artifact', ids: [id], userId } as const;
  await attachTags(transaction, target, changes.add_tags);
  await detachTags(transaction, target, changes.remove_tags);
}

/**
 * Deletes an artifact with its versions.
 * @throws ApiError KeyError 404; IllegalOperationError 403 where a version is the output of a run.
 */
export async function removeArtifact(transaction: Transaction, id: string): Promise<void> {
  if (!(await store.lockArtifact(transaction, id))) throw noSuch('artifact', id);
  await deleteUnusedByRuns(transaction, await findVersionsOf(transaction, id));
  await store.deleteArtifacts(transaction, [id]);
}

/**
 * Deletes artifact versions (database ids) with what hangs on them.
 * @throws ApiError IllegalOperationError 403 where one is the output of a run
 */
export async function deleteUnusedByRuns(transaction: Transaction, versionIds: readonly string[]): Promise<void> {
  try {
    await deleteArtifactVersions(transaction, versionIds);
  } catch (error) {
    if (!isReferenced(error)) throw error;
    throw illegalOperation('An artifact version that is the output of a pipeline run cannot be deleted.');
  }
}

/**
 * Finds an artifact by its name, or creates it, and holds it. A version that was named by hand makes the artifact's
 * name a custom one.
 */
export async function ensureArtifact(
  transaction: Transaction,
  name: string,
  hasCustomName: boolean,
  projectId: string,
  userId: string,
): Promise<store.StoredArtifact> {
  const values = { name, has_custom_name: hasCustomName ? 1 : 0, project_id: projectId, user_id: userId };
  const existing = await store.lockArtifactByName(transaction, projectId, name);
  if (existing) return customize(transaction, existing, hasCustomName);
  const id = await store.insertArtifact(transaction, values);
  if (id) return { id, ...values };
  const other = await store.lockArtifactByName(transaction, projectId, name);
  if (other) return customize(transaction, other, hasCustomName);
  throw new Error(`The artifact ${name} is gone although its name is taken.`);
}

async function customize(transaction: Transaction, artifact: store.StoredArtifact, hasCustomName: boolean) {
  if (hasCustomName && artifact.has_custom_name === 0) {
    await store.updateArtifact(transaction, artifact.id, { has_custom_name: 1 });
  }
  return artifact;
}

function nameTaken(operation: 'create' | 'update', name: string, project: Project) {
  return entityExists(
    `Unable to ${operation} the requested artifact with name '${name}': Found another existing artifact with the same ` +
      `name in the '${project.name}' project.`,
  );
}
