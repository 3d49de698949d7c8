import type { Insertable, Selectable, SqlBool } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { RunWaitConditionTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';

/** The columns of a wait condition that a write sets. */
export type WaitConditionValues = Omit<Insertable<RunWaitConditionTable>, 'id' | 'created' | 'updated'>;

/** A wait condition as rules see it. */
export type StoredWaitCondition = Selectable<RunWaitConditionTable>;

/** Inserts a wait condition and returns its database id. */
export async function insertWaitCondition(transaction: Transaction, values: WaitConditionValues): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('run_wait_condition')
    .values({ id, created, updated: created, ...values })
    .execute();
  return id;
}

/** The wait conditions of a run that have a name, as the database compares names, or that are pending. */
export function findWaitConditions(
  connection: Connection,
  runId: string,
  name: string,
): Promise<(StoredWaitCondition & { has_name: SqlBool })[]> {
  return connection
    .selectFrom('run_wait_condition')
    .selectAll()
    .select((row) => row('name', '=', name).as('has_name'))
    .where('run_id', '=', runId)
    .where((row) => row.or([row('name', '=', name), row('status', '=', 'pending')]))
    .execute();
}

/** The run that a wait condition belongs to, and the run at the root of that one's tree; both may be the same. */
export async function findRunsOf(
  connection: Connection,
  id: string,
): Promise<{ runId: string; rootRunId: string } | undefined> {
  const row = await connection
    .selectFrom('run_wait_condition')
    .innerJoin('pipeline_run', 'pipeline_run.id', 'run_wait_condition.run_id')
    .select(['pipeline_run.id', 'pipeline_run.root_run_id'])
    .where('run_wait_condition.id', '=', id)
    .executeTakeFirst();
  return row && { runId: row.id, rootRunId: row.root_run_id ?? row.id };
}

/** Finds a wait condition and holds it until the transaction ends. Its run is locked before it. */
export function lockWaitCondition(transaction: Transaction, id: string): Promise<StoredWaitCondition> {
  const query = transaction.selectFrom('run_wait_condition').selectAll().where('id', '=', id);
  return query.forUpdate().executeTakeFirstOrThrow();
}

/** Changes what is given of a wait condition. */
export async function updateWaitCondition(
  transaction: Transaction,
  id: string,
  values: Partial<WaitConditionValues>,
): Promise<void> {
  await transaction
    .updateTable('run_wait_condition')
    .set({ ...values, updated: now() })
    .where('id', '=', id)
    .execute();
}
