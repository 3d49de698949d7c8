import { sql } from 'kysely';
import type { Connection } from '../../database/database.ts';
import { parseDatabaseTime } from '../../database/database-time.ts';
import type { Launch } from '../launch.ts';
import type { LastSeen } from '../manager.ts';

/** How a launch ended that did not begin its run: a row of `ws_launch_end`. The run's status reason has room for its gist. */
export interface LaunchEnd {
  /** In full. */
  readonly reason: string;
  readonly lastSeen: LastSeen;
  readonly at: Date;
}

/** What the column of a reason holds, characters that may take four bytes each. */
const LONGEST_REASON = 16_000;
const NOTHING: LastSeen = { events: [], lastLines: [] };

/** Notes an end; the one that is noted first stays. */
export async function noteLaunchEnd(
  connection: Connection,
  { runId, number }: Pick<Launch, 'runId' | 'number'>,
  reason: string,
  lastSeen: LastSeen = NOTHING,
): Promise<void> {
  await sql`insert ignore into ws_launch_end (run_id, number, reason, last_seen, created)
    values (${runId}, ${number}, ${reason.slice(0, LONGEST_REASON)}, ${JSON.stringify(lastSeen)}, utc_timestamp(3))`.execute(
    connection,
  );
}

/** @returns `undefined` where the launch has begun its run, or may yet */
export async function findLaunchEnd(
  connection: Connection,
  { runId, number }: Pick<Launch, 'runId' | 'number'>,
): Promise<LaunchEnd | undefined> {
  const { rows } = await sql<{ reason: string; last_seen: string; at: string }>`select reason, last_seen,
      cast(created as char) as at from ws_launch_end
    where run_id = ${runId} and number = ${number}`.execute(connection);
  const [row] = rows;
  if (!row) return undefined;
  const lastSeen = JSON.parse(row.last_seen) as LastSeen;
  return { reason: row.reason, lastSeen, at: parseDatabaseTime(row.at) };
}
