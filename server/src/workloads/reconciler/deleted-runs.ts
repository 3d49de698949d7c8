import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';

/** Runs of one transaction. */
const CHUNK = 200;
const TABLES = ['ws_log_part', 'ws_log_archive', 'ws_launch_end', 'ws_launch_build', 'ws_launch'];

/**
 * Deletes what own tables say of runs that do not exist any more, once none of their launches may have a workload. The objects of their
 * logs stay in the bucket, for its lifecycle rules.
 */
export async function forgetDeletedRuns(db: Database): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ run_id: string }>`select launch.run_id from ws_launch as launch
      left join pipeline_run as run on run.id = launch.run_id
      where run.id is null group by launch.run_id
      having sum(launch.status not in ('over', 'cancelled')) = 0 limit ${CHUNK}`.execute(db);
    if (rows.length === 0) return;
    const runIds = sql.join(rows.map((row) => row.run_id));
    await inTransaction(db, async (transaction) => {
      for (const table of TABLES) {
        await sql`delete from ${sql.table(table)} where run_id in (${runIds})`.execute(transaction);
      }
    });
    if (rows.length < CHUNK) return;
  }
}
