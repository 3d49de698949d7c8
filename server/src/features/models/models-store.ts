import type { Insertable } from 'kysely';
import type { Transaction } from '../../database/database.ts';
import type { ModelTable, ModelVersionTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';

/** The columns of a model that a client sets. */
export type ModelValues = Omit<Insertable<ModelTable>, 'id' | 'created' | 'updated'>;

/** The columns of a model version that a write sets. */
export type ModelVersionValues = Omit<Insertable<ModelVersionTable>, 'id' | 'created' | 'updated'>;

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

/** Inserts a model version and returns its database id. */
export async function insertModelVersion(transaction: Transaction, values: ModelVersionValues): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('model_version')
    .values({ id, created, updated: created, ...values })
    .execute();
  return id;
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

/** Links a model version to a run that uses it; a link that exists is kept. */
export async function linkRun(transaction: Transaction, modelVersionId: string, runId: string): Promise<void> {
  const existing = await transaction
    .selectFrom('model_versions_runs')
    .select('id')
    .where('model_version_id', '=', modelVersionId)
    .where('pipeline_run_id', '=', runId)
    .executeTakeFirst();
  if (existing) return;
  const created = now();
  const row = { id: newId(), created, updated: created, model_version_id: modelVersionId, pipeline_run_id: runId };
  await transaction.insertInto('model_versions_runs').values(row).execute();
}
