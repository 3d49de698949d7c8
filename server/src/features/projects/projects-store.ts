import type { Transaction } from '../../database/database.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists } from '../../errors.ts';

/** The columns of a project that a client sets. */
export interface ProjectValues {
  name: string;
  display_name: string;
  description: string;
  /** JSON text. */
  project_metadata: string;
}

/**
 * Inserts a project.
 * @returns its database id.
 * @throws ApiError EntityExistsError 409
 */
export async function insertProject(transaction: Transaction, values: ProjectValues): Promise<string> {
  const id = newId();
  const created = now();
  try {
    await transaction
      .insertInto('project')
      .values({ id, created, updated: created, ...values })
      .execute();
  } catch (error) {
    throw isDuplicateKey(error) ? nameTaken('create', values.name) : error;
  }
  return id;
}

/** Changes what is given of a project. @throws ApiError EntityExistsError 409 */
export async function updateProject(
  transaction: Transaction,
  id: string,
  values: Partial<ProjectValues>,
): Promise<void> {
  try {
    await transaction
      .updateTable('project')
      .set({ ...values, updated: now() })
      .where('id', '=', id)
      .execute();
  } catch (error) {
    throw isDuplicateKey(error) ? nameTaken('update', values.name ?? '') : error;
  }
}

/** The tables of what can carry tags; each is also the name of its type at the tag's link. */
const TAGGABLE = [
  'artifact',
  'artifact_version',
  'deployment',
  'model',
  'model_version',
  'pipeline',
  'pipeline_run',
  'pipeline_snapshot',
  'run_template',
] as const;

/** Deletes a project; the database's foreign keys delete what is in it, but for the links of tags, which have none. */
export async function deleteProject(transaction: Transaction, id: string): Promise<void> {
  // What dynamic runs returned holds its artifact versions: the one key to them that does not delete along.
  await transaction
    .deleteFrom('pipeline_run_output')
    .where('pipeline_run_id', 'in', (runs) => runs.selectFrom('pipeline_run').select('id').where('project_id', '=', id))
    .execute();
  for (const table of TAGGABLE) {
    await transaction
      .deleteFrom('tag_resource')
      .where('resource_type', '=', table)
      .where('resource_id', 'in', (tagged) => tagged.selectFrom(table).select('id').where('project_id', '=', id))
      .execute();
  }
  await transaction.deleteFrom('project').where('id', '=', id).execute();
}

function nameTaken(operation: 'create' | 'update', name: string) {
  return entityExists(
    `Unable to ${operation} the requested project with name '${name}': Found another existing project with the same name.`,
  );
}
