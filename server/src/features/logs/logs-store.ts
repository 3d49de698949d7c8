import type { Connection, Transaction } from '../../database/database.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists } from '../../errors.ts';

/** A log record: where the log of a run, step or hook is kept. Ids in database form. */
export interface LogsValues {
  /** Chosen by the client, which has begun to write the log; a new one where left out. */
  id?: string | undefined;
  uri: string | null;
  source: string;
  project_id: string;
  user_id: string | null;
  pipeline_run_id: string | null;
  step_run_id: string | null;
  artifact_store_id: string | null;
  log_store_id: string | null;
  hook_invocation_id: string | null;
}

/** Inserts a log record and returns its database id. @throws ApiError EntityExistsError 409 */
export async function insertLogs(transaction: Transaction, { id = newId(), ...values }: LogsValues): Promise<string> {
  const created = now();
  try {
    await transaction
      .insertInto('logs')
      .values({ id, created, updated: created, ...values })
      .execute();
  } catch (error) {
    throw isDuplicateKey(error) ? entityExists('A log entry with this ID already exists.') : error;
  }
  return id;
}

/** What a log record belongs to. */
export interface LogsOwner {
  pipeline_run_id: string | null;
  step_run_id: string | null;
}

/** Finds what a log record belongs to and holds the record until the transaction ends. */
export function lockLogs(
  transaction: Transaction,
  id: string,
): Promise<(LogsOwner & { project_id: string }) | undefined> {
  return transaction
    .selectFrom('logs')
    .select(['pipeline_run_id', 'step_run_id', 'project_id'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

/** Whether a run or a step is there. */
export async function hasOwner(
  transaction: Transaction,
  table: 'pipeline_run' | 'step_run',
  id: string,
): Promise<boolean> {
  return (await transaction.selectFrom(table).select('id').where('id', '=', id).executeTakeFirst()) !== undefined;
}

/** Gives a log record to a run or a step. */
export async function assignLogs(transaction: Transaction, id: string, owner: Partial<LogsOwner>): Promise<void> {
  await transaction
    .updateTable('logs')
    .set({ ...owner, updated: now() })
    .where('id', '=', id)
    .execute();
}

/** Where the log of a record is kept. */
export interface LogsLocation {
  readonly uri: string | null;
  readonly artifact_store_id: string | null;
  readonly log_store_id: string | null;
}

/** Finds where a log is kept. */
export function findLogsLocation(connection: Connection, id: string): Promise<LogsLocation | undefined> {
  return connection
    .selectFrom('logs')
    .select(['uri', 'artifact_store_id', 'log_store_id'])
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Finds the component that a log record names as its log store. */
export function findLogStore(
  connection: Connection,
  id: string,
): Promise<{ name: string; type: string; flavor: string } | undefined> {
  return connection
    .selectFrom('stack_component')
    .select(['name', 'type', 'flavor'])
    .where('id', '=', id)
    .executeTakeFirst();
}
