import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';

/** Runs of one statement. */
const CHUNK = 200;

/**
 * Deletes what own tables say of runs that do not exist any more, once nothing is launched for them. The objects of their
 * logs stay in the bucket, for its lifecycle rules.
 */
export async function forgetDeletedRuns(db: Database): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ run_id: string }>`select distinct launch.run_id from ws_launch as launch
      left join pipeline_run as run on run.id = launch.run_id
      where run.id is null and launch.status not in ('queued', 'launched') limit ${CHUNK}`.execute(db);
    if (rows.length === 0) return;
    const runIds = sql.join(rows.map((row) => row.run_id));
    for (const table of ['ws_log_part', 'ws_log_archive', 'ws_launch_end', 'ws_launch_build', 'ws_launch']) {
      await sql`delete from ${sql.table(table)} where run_id in (${runIds})`.execute(db);
    }
    if (rows.length < CHUNK) return;
  }
}
