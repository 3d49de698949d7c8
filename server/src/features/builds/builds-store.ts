import type { Insertable } from 'kysely';
import type { Transaction } from '../../database/database.ts';
import type { PipelineBuildTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';

/** The columns of a build that a client sets. */
export type BuildValues = Omit<Insertable<PipelineBuildTable>, 'id' | 'created' | 'updated'>;

/** Inserts a build and returns its database id. */
export async function insertBuild(transaction: Transaction, values: BuildValues): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('pipeline_build')
    .values({ id, created, updated: created, ...values })
    .execute();
  return id;
}

/** Deletes a build. @returns whether it was there. */
export async function deleteBuild(transaction: Transaction, id: string): Promise<boolean> {
  const { numDeletedRows } = await transaction.deleteFrom('pipeline_build').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}
