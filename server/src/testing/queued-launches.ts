import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { newId } from '../database/ids.ts';

/** Puts launches of runs that do not exist in the queue of a project. @param projectId database id */
export async function queueLaunches(db: Database, projectId: string, count: number): Promise<void> {
  const rows = Array.from(
    { length: count },
    () => sql`(${newId()}, ${newId()}, ${projectId}, '', 'start', 1, 'queued', 0, utc_timestamp(3), utc_timestamp(3))`,
  );
  await sql`insert into ws_launch (id, run_id, project_id, snapshot_id, kind, number, status, attempts, created, due)
    values ${sql.join(rows)}`.execute(db);
}
