import { sql } from 'kysely';
import type { Connection } from '../../database/database.ts';
import type { ExecutionStatus } from '../../features/runs/run-status.ts';
import type { Launch, LaunchStatus } from '../launch.ts';

/** What whoever reads the log of a run needs to know of one of its launches. */
export interface RunLaunch extends Pick<Launch, 'number' | 'attempts'> {
  readonly status: LaunchStatus;
  /** `null` where the run was deleted. */
  readonly runStatus: ExecutionStatus | null;
}

/** Lists the launches of a run (database id) in their order, from this number on. */
export async function listRunLaunches(db: Connection, runId: string, from: number): Promise<readonly RunLaunch[]> {
  const { rows } = await sql<RunLaunch>`select launch.number, launch.status, launch.attempts, run.status as runStatus
    from ws_launch as launch left join pipeline_run as run on run.id = launch.run_id
    where launch.run_id = ${runId} and launch.number >= ${from} order by launch.number`.execute(db);
  return rows;
}
