import { sql } from 'kysely';
import type { Connection, Database, Transaction } from '../../database/database.ts';
import { newId } from '../../database/ids.ts';
import { inTransaction } from '../../database/transaction.ts';

/*
 * What is known of logs that are kept in a bucket. `ws_log_archive` has a row per launch: who follows its log, and up to
 * which line it is kept. `ws_log_part` has a row per object: it is written down before the object is, so that whoever takes
 * over finds what the one before it began. The database's clock decides when a claim ends.
 */

/** Which log. The run's id is in database form. */
export interface LogOwner {
  readonly runId: string;
  /** Of the launch within the run. */
  readonly number: number;
}

/** A log that this process follows, until its claim ends. */
export interface ClaimedLog extends LogOwner {
  readonly claim: string;
  /** After the last line that is kept. */
  readonly cursor: string | undefined;
  /** How many objects there are. */
  readonly parts: number;
}

/** An object with some lines of a log. */
export interface LogPart {
  /** 1, 2, … within the log. */
  readonly part: number;
  readonly name: string;
  readonly lastCursor: string;
  readonly lines: number;
  readonly bytes: number;
}

/** How a log is kept. */
export interface ArchiveState {
  readonly isComplete: boolean;
  /** What is missing at its end, in words. */
  readonly gap: string | undefined;
}

/** Another replica follows the log by now. */
export class LostClaimError extends Error {
  override name = 'LostClaimError';
}

/** Has a launch's log kept from now on. */
export async function openArchive(db: Connection, { runId, number }: LogOwner): Promise<void> {
  await sql`insert ignore into ws_log_archive (run_id, number, status, parts, created)
    values (${runId}, ${number}, 'open', 0, utc_timestamp(3))`.execute(db);
}

interface ArchiveRow {
  run_id: string;
  number: number;
  cursor_after: string | null;
  parts: number;
}

const isUnclaimed = sql`status = 'open' and (claimed_until is null or claimed_until <= utc_timestamp(3))`;

/** Whether there is a log that nobody follows, or whose claim has run out. */
export async function isAnyUnclaimed(db: Connection): Promise<boolean> {
  const { rows } = await sql`select 1 from ws_log_archive where ${isUnclaimed} limit 1`.execute(db);
  return rows.length > 0;
}

/** Claims a log that nobody follows, if there is one. */
export function claimArchive(db: Database, leaseSeconds: number): Promise<ClaimedLog | undefined> {
  return inTransaction(db, async (transaction) => {
    const { rows } = await sql<ArchiveRow>`select run_id, number, cursor_after, parts from ws_log_archive
      where ${isUnclaimed}
      order by claimed_until limit 1 for update skip locked`.execute(transaction);
    const row = rows[0];
    if (!row) return undefined;
    const claim = newId();
    await sql`update ws_log_archive set claim = ${claim},
      claimed_until = utc_timestamp(3) + interval ${leaseSeconds} second
      where run_id = ${row.run_id} and number = ${row.number}`.execute(transaction);
    return {
      runId: row.run_id,
      number: row.number,
      claim,
      cursor: row.cursor_after ?? undefined,
      parts: row.parts,
    };
  });
}

/** Keeps a claim, also one that has run out, if nobody else has claimed the log since. @throws {LostClaimError} */
async function renewArchive(db: Connection, log: ClaimedLog, leaseSeconds: number): Promise<void> {
  const { numAffectedRows } = await sql`update ws_log_archive
    set claimed_until = utc_timestamp(3) + interval ${leaseSeconds} second where ${isHeld(log)}`.execute(db);
  if (numAffectedRows !== 1n) throw new LostClaimError();
}

/** Keeps claims likewise, all by one statement. @returns those that are lost */
export async function renewArchives(
  db: Connection,
  logs: readonly ClaimedLog[],
  leaseSeconds: number,
): Promise<readonly ClaimedLog[]> {
  if (logs.length === 0) return [];
  const runIds = sql.join(logs.map(({ runId }) => runId));
  const claims = sql.join(logs.map(({ claim }) => claim));
  const areHeld = sql`run_id in (${runIds}) and claim in (${claims}) and status = 'open'`;
  const { numAffectedRows } = await sql`update ws_log_archive
    set claimed_until = utc_timestamp(3) + interval ${leaseSeconds} second where ${areHeld}`.execute(db);
  if (numAffectedRows === BigInt(logs.length)) return [];
  const { rows } = await sql<{ claim: string }>`select claim from ws_log_archive where ${areHeld}`.execute(db);
  const held = new Set(rows.map(({ claim }) => claim));
  return logs.filter(({ claim }) => !held.has(claim));
}

/** Gives a claim back; nobody claims the log for so long. */
export async function releaseArchive(db: Connection, log: ClaimedLog, seconds: number): Promise<void> {
  await sql`update ws_log_archive set claim = null, claimed_until = utc_timestamp(3) + interval ${seconds} second
    where ${isHeld(log)}`.execute(db);
}

/** Ends a log: no more is written. @throws {LostClaimError} */
export async function endArchive(db: Connection, log: ClaimedLog, gap: string | undefined): Promise<void> {
  const { numAffectedRows } = await sql`update ws_log_archive
    set status = 'complete', gap = ${gap ?? null}, claim = null, claimed_until = null where ${isHeld(log)}`.execute(db);
  if (numAffectedRows !== 1n) throw new LostClaimError();
}

/** Writes down that an object is about to be written. @throws {LostClaimError} */
export function beginPart(db: Database, log: ClaimedLog, part: LogPart, leaseSeconds: number): Promise<void> {
  return inTransaction(db, async (transaction) => {
    await renewArchive(transaction, log, leaseSeconds);
    await sql`insert into ws_log_part (run_id, number, part, name, last_cursor, line_count, bytes, written)
      values (${log.runId}, ${log.number}, ${part.part}, ${part.name}, ${part.lastCursor}, ${part.lines}, ${part.bytes},
      0) on duplicate key update name = values(name), last_cursor = values(last_cursor),
      line_count = values(line_count), bytes = values(bytes)`.execute(transaction);
  });
}

/** Writes down that an object is there. @throws {LostClaimError} */
export function endPart(db: Database, log: ClaimedLog, part: LogPart): Promise<void> {
  return inTransaction(db, async (transaction) => {
    const { numAffectedRows } = await sql`update ws_log_archive
      set cursor_after = ${part.lastCursor}, parts = ${part.part}, outage_since = null where ${isHeld(log)}`.execute(
      transaction,
    );
    if (numAffectedRows !== 1n) throw new LostClaimError();
    await sql`update ws_log_part set written = 1
      where run_id = ${log.runId} and number = ${log.number} and part = ${part.part}`.execute(transaction);
  });
}

/** The object that was begun by whoever followed the log before, if it got no further. */
export async function findBegunPart(db: Connection, { runId, number }: LogOwner): Promise<LogPart | undefined> {
  return (await selectParts(db, { runId, number }, sql`written = 0`, 1))[0];
}

/** Forgets an object that was begun and is not there. @throws {LostClaimError} */
export function dropPart(db: Database, log: ClaimedLog, { part }: LogPart, leaseSeconds: number): Promise<void> {
  return inTransaction(db, async (transaction: Transaction) => {
    await renewArchive(transaction, log, leaseSeconds);
    await sql`delete from ws_log_part where run_id = ${log.runId} and number = ${log.number} and part = ${part}
      and written = 0`.execute(transaction);
  });
}

/** Notes since when the bucket cannot be written to. */
export async function noteOutage(db: Connection, log: ClaimedLog): Promise<void> {
  await sql`update ws_log_archive set outage_since = coalesce(outage_since, utc_timestamp(3))
    where ${isHeld(log)}`.execute(db);
}

/** Since when the bucket could not be written to, `2026-01-31 08:15:00.123`; `undefined` while it can. */
export async function findOutage(db: Connection, { runId, number }: LogOwner): Promise<string | undefined> {
  const { rows } = await sql<{ since: string | null }>`select cast(outage_since as char) as since from ws_log_archive
    where run_id = ${runId} and number = ${number}`.execute(db);
  return rows[0]?.since ?? undefined;
}

/** How a log is kept; `undefined` where it is not. */
export async function findArchive(db: Connection, { runId, number }: LogOwner): Promise<ArchiveState | undefined> {
  const { rows } = await sql<{ status: string; gap: string | null }>`select status, gap from ws_log_archive
    where run_id = ${runId} and number = ${number}`.execute(db);
  return rows[0] && { isComplete: rows[0].status === 'complete', gap: rows[0].gap ?? undefined };
}

/** The next objects of a log with lines after a cursor. @param from the least number of an object */
export function listParts(
  db: Connection,
  owner: LogOwner,
  from: number,
  after: string | undefined,
): Promise<readonly LogPart[]> {
  const beyond = after === undefined ? sql`` : sql` and last_cursor > ${after}`;
  return selectParts(db, owner, sql`written = 1 and part >= ${from}${beyond}`, PAGE);
}

const PAGE = 100;

async function selectParts(
  db: Connection,
  { runId, number }: LogOwner,
  condition: ReturnType<typeof sql>,
  limit: number,
) {
  const { rows } =
    await sql<LogPart>`select part, name, last_cursor as lastCursor, line_count as ${sql.ref('lines')}, bytes
    from ws_log_part where run_id = ${runId} and number = ${number} and ${condition}
    order by part limit ${limit}`.execute(db);
  return rows;
}

/** How far a launch is: only a launched one has a runner, and of one that is worked on the image may be being built. */
export type LaunchProgress = 'waits' | 'worked on' | 'done';

/** How far a launch is; `done` where it is forgotten, too. */
export async function findLaunchProgress(db: Connection, { runId, number }: LogOwner): Promise<LaunchProgress> {
  const { rows } = await sql<{ worked_on: number }>`select coalesce(claimed_until > utc_timestamp(3), 0) as worked_on
    from ws_launch where run_id = ${runId} and number = ${number} and status = 'queued'`.execute(db);
  const [row] = rows;
  if (!row) return 'done';
  return row.worked_on === 1 ? 'worked on' : 'waits';
}

function isHeld({ runId, number, claim }: ClaimedLog) {
  return sql`run_id = ${runId} and number = ${number} and claim = ${claim} and status = 'open'`;
}
