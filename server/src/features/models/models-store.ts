import type { Insertable } from 'kysely';
import type { Transaction } from '../../database/database.ts';
import type { ModelTable, ModelVersionTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';

/** The columns of a model that a client sets. */
export type ModelValues = Omit<Insertable<ModelTable>, 'id' | 'created' | 'updated'>;

/** The columns of a model version that a write sets. */
export type ModelVersionValues = Omit<
  Insertable<ModelVersionTable>,
  'id' | 'created' | 'updated' | 'producer_run_id_if_numeric'
>;

/** Inserts a model and returns its database id. */
export async function insertModel(transaction: Transaction, values: ModelValues): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('model')
    .values({ id, created, updated: created, ...values })
    .execute();
  return id;
}

/** Finds a model by its name and holds it: its versions are numbered one after the other. */
export async function lockModelByName(
  transaction: Transaction,
  projectId: string,
  name: string,
): Promise<string | undefined> {
  const row = await transaction
    .selectFrom('model')
    .select('id')
    .where('project_id', '=', projectId)
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst();
  return row?.id;
}

/** The number of a model's next version, for a writer who holds the model. */
export async function nextVersionNumber(transaction: Transaction, modelId: string): Promise<number> {
  const row = await transaction
    .selectFrom('model_version')
    .select((version) => version.fn.max('number').as('latest'))
    .where('model_id', '=', modelId)
    .executeTakeFirst();
  return (row?.latest ?? 0) + 1;
}

/**
 * Inserts a model version and returns its database id.
 * @param producerRunId the run whose one numbered version this is. The column is part of a unique key: other versions
 *   have their own id in it.
 */
export async function insertModelVersion(
  transaction: Transaction,
  values: ModelVersionValues,
  producerRunId?: string,
): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('model_version')
    .values({ id, created, updated: created, producer_run_id_if_numeric: producerRunId ?? id, ...values })
    .execute();
  return id;
}

/** A model as rules see it. */
export interface StoredModel {
  id: string;
  name: string;
  project_id: string;
}

/** Finds a model and holds it: its versions are numbered one after the other. */
export function lockModel(transaction: Transaction, id: string): Promise<StoredModel | undefined> {
  const query = transaction.selectFrom('model').select(['id', 'name', 'project_id']).where('id', '=', id);
  return query.forUpdate().executeTakeFirst();
}

/** A model version as rules see it. */
export interface StoredModelVersion {
  id: string;
  name: string;
  stage: string | null;
  model_id: string;
}

/** Finds a model version and holds its model until the transaction ends. */
export async function lockModelOfVersion(
  transaction: Transaction,
  versionId: string,
): Promise<StoredModelVersion | undefined> {
  const versions = transaction.selectFrom('model_version').where('id', '=', versionId);
  const owner = await versions.select('model_id').executeTakeFirst();
  if (!owner) return undefined;
  await lockModel(transaction, owner.model_id);
  return versions.select(['id', 'name', 'stage', 'model_id']).executeTakeFirst();
}

/** The version of a model that is in a stage. */
export function findVersionInStage(
  transaction: Transaction,
  modelId: string,
  stage: string,
): Promise<{ id: string; name: string } | undefined> {
  return transaction
    .selectFrom('model_version')
    .select(['id', 'name'])
    .where('model_id', '=', modelId)
    .where('stage', '=', stage)
    .executeTakeFirst();
}

/** Changes what is given of a model. @returns whether its new name is free. */
export async function updateModel(
  transaction: Transaction,
  id: string,
  values: Partial<ModelValues>,
): Promise<boolean> {
  const changes = { ...values, updated: now() };
  return orTaken(() => transaction.updateTable('model').set(changes).where('id', '=', id).execute());
}

/** Changes what is given of a model version. @returns whether its new name is free. */
export async function updateModelVersion(
  transaction: Transaction,
  id: string,
  values: Partial<Pick<ModelVersionValues, 'name' | 'description' | 'stage'>>,
): Promise<boolean> {
  const changes = { ...values, updated: now() };
  return orTaken(() => transaction.updateTable('model_version').set(changes).where('id', '=', id).execute());
}

async function orTaken(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/** Deletes a model with its versions and what hangs on it without a foreign key. */
export async function deleteModel(transaction: Transaction, id: string): Promise<void> {
  const versions = await transaction.selectFrom('model_version').select('id').where('model_id', '=', id).execute();
  await deleteModelVersions(
    transaction,
    versions.map((version) => version.id),
  );
  for (const table of ['tag_resource', 'curated_visualization'] as const) {
    await transaction.deleteFrom(table).where('resource_id', '=', id).where('resource_type', '=', 'model').execute();
  }
  await transaction.deleteFrom('model').where('id', '=', id).execute();
}

/** Versions deleted by one statement. */
const BATCH = 1000;

/**
 * Deletes model versions. Foreign keys take their links along; tags and metadata have none (the entries of the metadata
 * stay, as in the reference).
 */
export async function deleteModelVersions(transaction: Transaction, ids: readonly string[]): Promise<void> {
  for (let start = 0; start < ids.length; start += BATCH) {
    const batch = ids.slice(start, start + BATCH);
    for (const table of ['tag_resource', 'run_metadata_resource'] as const) {
      await transaction
        .deleteFrom(table)
        .where('resource_id', 'in', batch)
        .where('resource_type', '=', 'model_version')
        .execute();
    }
    await transaction.deleteFrom('model_version').where('id', 'in', batch).execute();
  }
}

/** One of the ways to name a version of a model. */
export type VersionReference =
  | { readonly by: 'number'; readonly value: number }
  | { readonly by: 'latest' }
  | { readonly by: 'stage' | 'name' | 'producer_run_id_if_numeric'; readonly value: string };

/** Finds a version of a model (database ids). */
export async function findModelVersion(
  transaction: Transaction,
  modelId: string,
  reference: VersionReference,
): Promise<string | undefined> {
  const versions = transaction.selectFrom('model_version').select('id').where('model_id', '=', modelId);
  const query =
    reference.by === 'latest'
      ? versions.orderBy('number', 'desc').limit(1)
      : versions.where(reference.by, '=', reference.value);
  return (await query.executeTakeFirst())?.id;
}
