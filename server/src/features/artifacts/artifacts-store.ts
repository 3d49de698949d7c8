import type { Insertable } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { ArtifactTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';

/** The columns of an artifact that a write sets. */
export type ArtifactValues = Omit<Insertable<ArtifactTable>, 'id' | 'created' | 'updated'>;

/** An artifact as rules see it. */
export interface StoredArtifact {
  id: string;
  name: string;
  project_id: string;
  has_custom_name: number;
}

/** Inserts an artifact and returns its database id, or `undefined` where the project has one of that name. */
export async function insertArtifact(transaction: Transaction, values: ArtifactValues): Promise<string | undefined> {
  const id = newId();
  const created = now();
  try {
    await transaction
      .insertInto('artifact')
      .values({ id, created, updated: created, ...values })
      .execute();
  } catch (error) {
    if (isDuplicateKey(error)) return undefined;
    throw error;
  }
  return id;
}

/** Finds an artifact and holds it: its versions are numbered one after the other. */
export function lockArtifact(transaction: Transaction, id: string): Promise<StoredArtifact | undefined> {
  return artifacts(transaction).where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Finds an artifact by its name and holds it. */
export function lockArtifactByName(
  transaction: Transaction,
  projectId: string,
  name: string,
): Promise<StoredArtifact | undefined> {
  const query = artifacts(transaction).where('name', '=', name).where('project_id', '=', projectId);
  return query.forUpdate().executeTakeFirst();
}

function artifacts(connection: Connection) {
  return connection.selectFrom('artifact').select(['id', 'name', 'project_id', 'has_custom_name']);
}

/** Changes what is given of an artifact. @returns whether its new name is free. */
export async function updateArtifact(
  transaction: Transaction,
  id: string,
  values: Partial<ArtifactValues>,
): Promise<boolean> {
  try {
    await transaction
      .updateTable('artifact')
      .set({ ...values, updated: now() })
      .where('id', '=', id)
      .execute();
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
  return true;
}

/** Deletes artifacts with the links of their tags; foreign keys take their versions along. */
export async function deleteArtifacts(transaction: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await transaction
    .deleteFrom('tag_resource')
    .where('resource_type', '=', 'artifact')
    .where('resource_id', 'in', ids)
    .execute();
  await transaction.deleteFrom('artifact').where('id', 'in', ids).execute();
}

/** Deletes the artifacts of a project that have no versions. */
export async function deleteArtifactsWithoutVersions(transaction: Transaction, projectId: string): Promise<void> {
  const ids = await transaction
    .selectFrom('artifact')
    .leftJoin('artifact_version', 'artifact_version.artifact_id', 'artifact.id')
    .select('artifact.id')
    .where('artifact.project_id', '=', projectId)
    .where('artifact_version.id', 'is', null)
    .execute();
  await deleteArtifacts(
    transaction,
    ids.map((row) => row.id),
  );
}
