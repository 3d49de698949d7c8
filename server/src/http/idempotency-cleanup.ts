import type { Database } from '../database/database.ts';
import { databaseTime } from '../database/database-time.ts';

/** How expired answers of repeated requests are deleted. */
export interface CleanupSettings {
  readonly intervalSeconds: number;
  /** Rows of one statement: a short one holds up no request. */
  readonly batchSize: number;
  /** How long one round may take, seconds. */
  readonly budgetSeconds: number;
}

/**
 * Deletes the expired answers of repeated requests from time to time; every replica may.
 * @returns what ends it, and waits for a running round.
 */
export function startIdempotencyCleanup(
  db: Database,
  settings: CleanupSettings,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let round = Promise.resolve();
  const timer = setInterval(() => {
    round = round.then(() => cleanUp(db, settings)).catch(onError);
  }, settings.intervalSeconds * 1000);
  timer.unref();
  return () => {
    clearInterval(timer);
    return round;
  };
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
