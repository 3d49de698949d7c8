import type { Database } from '../database/database.ts';
import { databaseTime } from '../database/database-time.ts';
import { type RepeatedWork, repeatWork } from '../repeated-work.ts';

/** How expired answers of repeated requests are deleted. */
export interface CleanupSettings {
  readonly intervalSeconds: number;
  /** Rows of one statement: a short one holds up no request. */
  readonly batchSize: number;
  /** How long one round may take, seconds. */
  readonly budgetSeconds: number;
}

/** Deletes the expired answers of repeated requests from time to time; every replica may. */
export function startIdempotencyCleanup(
  db: Database,
  settings: CleanupSettings,
  onError: (error: unknown) => void,
): Pick<RepeatedWork, 'stop'> {
  return repeatWork(settings.intervalSeconds * 1000, () => cleanUp(db, settings), onError);
}

/** Deletes batch by batch until none is left or the time is up. */
export async function cleanUp(db: Database, { batchSize, budgetSeconds }: CleanupSettings): Promise<void> {
  const end = performance.now() + budgetSeconds * 1000;
  let deleted = batchSize;
  while (deleted === batchSize && performance.now() < end) deleted = await deleteExpired(db, batchSize);
}

/** The answers go with their requests, by foreign key. */
async function deleteExpired(db: Database, batchSize: number): Promise<number> {
  const rows = await db
    .selectFrom('api_transaction')
    .select('id')
    .where('completed', '=', 1)
    .where('expired', '<', databaseTime)
    .orderBy('expired')
    .limit(batchSize)
    .execute();
  if (rows.length === 0) return 0;
  const ids = rows.map((row) => row.id);
  await db.deleteFrom('api_transaction').where('id', 'in', ids).execute();
  return rows.length;
}
