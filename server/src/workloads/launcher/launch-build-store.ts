import { sql } from 'kysely';
import type { Connection } from '../../database/database.ts';
import { type Launch, parseWorkloadName } from '../launch.ts';
import type { Builders } from '../manager.ts';

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

/** Makes what tells of builders. */
export function createBuilders(connection: Connection): Builders {
  return {
    async find(workloadName) {
      const launch = parseWorkloadName(workloadName);
      if (!launch) return [];
      const { rows } = await sql<{ build_id: string }>`select build_id from ws_launch_build
        where run_id = ${launch.runId} and number = ${launch.number}`.execute(connection);
      return rows.map((row) => row.build_id);
    },
    async isAwaited(buildId) {
      const { rows } = await sql`select 1 from ws_launch_build as build
        join ws_launch as launch on launch.run_id = build.run_id and launch.number = build.number
        where build.build_id = ${buildId} and launch.status = 'queued' limit 1`.execute(connection);
      return rows.length > 0;
    },
  };
}
