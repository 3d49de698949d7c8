import { type RawBuilder, sql } from 'kysely';
import type { Connection, Database } from '../../database/database.ts';
import { parseDatabaseTime } from '../../database/database-time.ts';
import type { ExecutionStatus } from '../../features/runs/run-status.ts';
import type { LaunchKind, LaunchStatus } from '../launch.ts';

/** A launch together with what has become of its run. Ids in database form. */
export interface LaunchedRun {
  readonly runId: string;
  readonly number: number;
  readonly kind: LaunchKind;
  /** Whether its workload was made; before that, it may have been. */
  readonly isLaunched: boolean;
  /** Whether the dispatcher has given it up, and ended its run; its workload may have been made before. */
  readonly isGivenUp: boolean;
  /** Whether the run was not launched again since. */
  readonly isNewest: boolean;
  /** Since a replica last took it up, by the database's clock. */
  readonly secondsSinceClaim: number;
  /** When this was read, by the database's clock. */
  readonly time: Date;
  /** `undefined` where the run was deleted. */
  readonly runStatus: ExecutionStatus | undefined;
}

interface LaunchedRunRow {
  run_id: string;
  number: number;
  kind: LaunchKind;
  status: LaunchStatus;
  newest: number;
  seconds: number | null;
  time: string;
  run_status: ExecutionStatus | null;
}

/** What the dispatcher has done with, and nobody has closed yet. */
const OPEN: readonly LaunchStatus[] = ['launched', 'failed'];

/** The launches whose workloads may still matter: a run is yet to begin or to end, or a workload to be removed. */
export function listLaunchedRuns(db: Database): Promise<readonly LaunchedRun[]> {
  return select(db, sql`launch.status in (${sql.join(OPEN)})`);
}

/** A single launch; `undefined` where it is forgotten. */
export async function findLaunchedRun(
  db: Database,
  { runId, number }: Pick<LaunchedRun, 'runId' | 'number'>,
): Promise<LaunchedRun | undefined> {
  return (await select(db, sql`launch.run_id = ${runId} and launch.number = ${number}`))[0];
}

async function select(db: Database, condition: RawBuilder<unknown>): Promise<readonly LaunchedRun[]> {
  const { rows } = await sql<LaunchedRunRow>`select launch.run_id, launch.number, launch.kind, launch.status,
      (select max(number) from ws_launch as other where other.run_id = launch.run_id) as newest,
      timestampdiff(second, launch.claimed_at, utc_timestamp(3)) as seconds,
      cast(utc_timestamp(3) as char) as time, run.status as run_status
    from ws_launch as launch left join pipeline_run as run on run.id = launch.run_id
    where ${condition}`.execute(db);
  return rows.map((row) => ({
    runId: row.run_id,
    number: row.number,
    kind: row.kind,
    isLaunched: row.status === 'launched',
    isGivenUp: row.status === 'failed',
    isNewest: row.newest === row.number,
    secondsSinceClaim: row.seconds ?? 0,
    time: parseDatabaseTime(row.time),
    runStatus: row.run_status ?? undefined,
  }));
}

/** Notes that nothing is to be done for a launch any more: its row is kept for as long as its run, for the log. */
export async function closeLaunch(
  connection: Connection,
  { runId, number }: Pick<LaunchedRun, 'runId' | 'number'>,
): Promise<void> {
  await sql`update ws_launch set status = 'over'
    where run_id = ${runId} and number = ${number} and status in (${sql.join(OPEN)})`.execute(connection);
}

/** Those of the runs whose workloads may exist: neither deleted nor stopped. Database ids. */
export async function findRunsWithWorkloads(db: Database, runIds: readonly string[]): Promise<ReadonlySet<string>> {
  if (runIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('pipeline_run')
    .select('id')
    .where('id', 'in', runIds)
    .where('status', '!=', 'stopped')
    .execute();
  return new Set(rows.map(({ id }) => id));
}
