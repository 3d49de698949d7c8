import { sql } from 'kysely';
import type { Connection } from '../../database/database.ts';
import { type Launch, parseWorkloadName } from '../launch.ts';
import type { FindBuilders } from '../manager.ts';

/*
 * Which builders launches have waited for: rows of `ws_launch_build`. One builder may have worked for several launches, and a
 * launch may have waited for several: one that was deleted by hand, the next that took its place.
 */

/** Notes that a launch waits for a builder. */
export async function noteBuilder(
  connection: Connection,
  { runId, number }: Pick<Launch, 'runId' | 'number'>,
  buildId: string,
): Promise<void> {
  await sql`insert ignore into ws_launch_build (run_id, number, build_id)
    values (${runId}, ${number}, ${buildId})`.execute(connection);
}

/** Makes what finds the builders of a launch by the name of its workload. */
export function createBuilderSearch(connection: Connection): FindBuilders {
  return async (workloadName) => {
    const launch = parseWorkloadName(workloadName);
    if (!launch) return [];
    const { rows } = await sql<{ build_id: string }>`select build_id from ws_launch_build
      where run_id = ${launch.runId} and number = ${launch.number}`.execute(connection);
    return rows.map((row) => row.build_id);
  };
}
