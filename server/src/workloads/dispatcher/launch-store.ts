import { type RawBuilder, sql } from 'kysely';
import type { Connection, Database, Transaction } from '../../database/database.ts';
import { newId } from '../../database/ids.ts';
import { inTransaction } from '../../database/transaction.ts';
import { ApiError } from '../../errors.ts';
import type { Launch, LaunchKind, LaunchRequest, LaunchStatus } from '../launch.ts';

/*
 * The queue of launches. The database's clock decides when a claim ends, so that replicas need not agree about the time.
 */

/**
 * Queues a launch of a run that the caller has just written or holds.
 * @param limit how many launches of a project may wait: those of one project keep no other from queueing its own
 * @throws ApiError MaxConcurrentTasksError 429 where so many wait
 */
export async function enqueueLaunch(transaction: Transaction, request: LaunchRequest, limit: number): Promise<Launch> {
  const { rows } = await sql<{ waiting: number; number: number }>`select
      (select count(*) from ws_launch where project_id = ${request.projectId} and status = 'queued') as waiting,
      (select coalesce(max(number), 0) + 1 from ws_launch where run_id = ${request.runId}) as number`.execute(
    transaction,
  );
  const { waiting = 0, number = 1 } = rows[0] ?? {};
  if (Number(waiting) >= limit) {
    throw new ApiError('MaxConcurrentTasksError', 'Maximum number of concurrent snapshot tasks reached.');
  }
  const launch: Launch = { ...request, id: newId(), number: Number(number), attempts: 0 };
  await sql`insert into ws_launch
      (id, run_id, project_id, snapshot_id, user_id, kind, number, status, attempts, created, due)
    values (${launch.id}, ${launch.runId}, ${launch.projectId}, ${launch.snapshotId}, ${launch.userId ?? null},
      ${launch.kind}, ${launch.number}, 'queued', 0, utc_timestamp(3), utc_timestamp(3))`.execute(transaction);
  return launch;
}

/** A launch that this process works on, until its claim ends. */
export interface ClaimedLaunch extends Launch {
  readonly claim: string;
}

interface LaunchRow {
  id: string;
  run_id: string;
  project_id: string;
  snapshot_id: string;
  user_id: string | null;
  kind: LaunchKind;
  number: number;
  attempts: number;
}

/**
 * Claims a launch, if any is due: the one that has waited longest in the project that has waited longest for a turn, so that a
 * project with many runs does not keep the others waiting.
 */
export async function claimLaunch(db: Database, leaseSeconds: number): Promise<ClaimedLaunch | undefined> {
  for (const projectId of await findWaitingProjects(db)) {
    const launch = await inTransaction(db, (transaction) => claimOf(transaction, projectId, leaseSeconds));
    if (launch) return launch;
  }
  return undefined;
}

/** What may be claimed: it has been put off no longer, and nobody works on it. @param launch the table, or what it is called */
export function isDue(launch: string): RawBuilder<unknown> {
  return sql.raw(`${launch}.status = 'queued' and ${launch}.due <= utc_timestamp(3)
    and (${launch}.claimed_until is null or ${launch}.claimed_until <= utc_timestamp(3))`);
}

/** The projects that wait for a turn: those that come first by `served`, when one was last claimed, and then by `since`. */
export const WAITING_PROJECTS = sql`select project_id, min(due) as since,
    (select max(claimed_at) from ws_launch as claimed where claimed.project_id = waiting.project_id) as served
  from ws_launch as waiting where ${isDue('waiting')} group by project_id`;

async function findWaitingProjects(db: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ project_id: string }>`select project_id from (${WAITING_PROJECTS}) as project
    order by served, since`.execute(db);
  return rows.map((row) => row.project_id);
}

async function claimOf(
  transaction: Transaction,
  projectId: string,
  leaseSeconds: number,
): Promise<ClaimedLaunch | undefined> {
  const { rows } = await sql<LaunchRow>`select id, run_id, project_id, snapshot_id, user_id, kind, number, attempts
    from ws_launch where project_id = ${projectId} and ${isDue('ws_launch')}
    order by due limit 1 for update skip locked`.execute(transaction);
  const row = rows[0];
  if (!row) return undefined;
  const claim = newId();
  await sql`update ws_launch set claim = ${claim}, attempts = attempts + 1, claimed_at = utc_timestamp(3),
    claimed_until = utc_timestamp(3) + interval ${leaseSeconds} second where id = ${row.id}`.execute(transaction);
  return { ...toLaunch(row), claim };
}

function toLaunch(row: LaunchRow): Launch {
  return {
    id: row.id,
    runId: row.run_id,
    projectId: row.project_id,
    snapshotId: row.snapshot_id,
    userId: row.user_id ?? undefined,
    kind: row.kind,
    number: row.number,
    attempts: row.attempts,
  };
}

/** Keeps a claim. @returns whether it is still held */
export async function renewClaim(db: Database, { id, claim }: ClaimedLaunch, leaseSeconds: number): Promise<boolean> {
  const { numAffectedRows } = await sql`update ws_launch
    set claimed_until = utc_timestamp(3) + interval ${leaseSeconds} second
    where id = ${id} and claim = ${claim} and status = 'queued'`.execute(db);
  return numAffectedRows === 1n;
}

/** Ends a launch. @returns whether its claim was still held */
export async function endLaunch(
  connection: Connection,
  { id, claim }: ClaimedLaunch,
  status: Extract<LaunchStatus, 'launched' | 'failed'>,
): Promise<boolean> {
  const { numAffectedRows } = await sql`update ws_launch set status = ${status}, claim = null, claimed_until = null
    where id = ${id} and claim = ${claim} and status = 'queued'`.execute(connection);
  return numAffectedRows === 1n;
}

/**
 * Takes the launches of a run out of the queue; whoever works on one loses its claim.
 * @returns the numbers of all launches of the run
 */
export async function cancelLaunches(transaction: Transaction, runId: string): Promise<readonly number[]> {
  const { rows } = await sql<{ number: number }>`select number from ws_launch
    where run_id = ${runId} order by number for update`.execute(transaction);
  await sql`update ws_launch set status = 'cancelled', claim = null, claimed_until = null
    where run_id = ${runId} and status = 'queued'`.execute(transaction);
  return rows.map(({ number }) => number);
}

/** Whether a launch was taken out of the queue. */
export async function isCancelled(db: Database, { id }: Launch): Promise<boolean> {
  const { rows } = await sql`select 1 from ws_launch where id = ${id} and status = 'cancelled'`.execute(db);
  return rows.length > 0;
}

/** Whether a run was launched again after a launch. */
export async function isLaunchedAgain(
  connection: Connection,
  { runId, number }: Pick<Launch, 'runId' | 'number'>,
): Promise<boolean> {
  const { rows } = await sql`select 1 from ws_launch where run_id = ${runId} and number > ${number} limit 1`.execute(
    connection,
  );
  return rows.length > 0;
}

/** Gives a launch back for another try. */
export async function postponeLaunch(db: Database, { id, claim }: ClaimedLaunch, seconds: number): Promise<void> {
  await sql`update ws_launch set claim = null, claimed_until = null,
    due = utc_timestamp(3) + interval ${seconds} second
    where id = ${id} and claim = ${claim} and status = 'queued'`.execute(db);
}
