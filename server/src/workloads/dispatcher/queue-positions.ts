import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import { type RepeatedWork, repeatWork } from '../../repeated-work.ts';
import { isDue, WAITING_PROJECTS } from './launch-store.ts';

/** So many places are told exactly: a long queue is not rewritten with each launch. */
const COUNTED = 50;
/** Runs that are told something anew at a time. */
const TOLD = 500;
/** Runs of one statement: it holds their launches while it waits for any of them that somebody changes. */
const CHUNK = 50;

/** Says of the runs that wait how many are launched before them, in the order in which they are claimed: projects take turns. */
export async function noteQueuePositions(db: Database): Promise<void> {
  const { rows } = await sql<{ id: string; place: number; reason: string | null }>`
    select queue.id, place, run.status_reason as reason from (
      select id, run_id, row_number() over (order by turn, served, since) as place from (
        select id, run_id, project_id, row_number() over (partition by project_id order by due) as turn
        from ws_launch where ${isDue('ws_launch')}
      ) as waiting join (${WAITING_PROJECTS}) as project on project.project_id = waiting.project_id
    ) as queue join pipeline_run as run on run.id = queue.run_id
    where place <= ${COUNTED} or run.status_reason is null or run.status_reason != ${FURTHER_BACK}
    order by place limit ${TOLD}`.execute(db);
  const further: string[] = [];
  for (const { id, place, reason } of rows) {
    const text = textOf(Number(place) - 1);
    if (text === reason) continue;
    if (text === FURTHER_BACK) further.push(id);
    else await noteWhereWaiting(db, [id], text);
  }
  for (let start = 0; start < further.length; start += CHUNK) {
    await noteWhereWaiting(db, further.slice(start, start + CHUNK), FURTHER_BACK);
  }
}

const FURTHER_BACK = `Queued for snapshot execution: ${COUNTED} or more runs are before it.`;

function textOf(ahead: number): string {
  if (ahead === 0) return 'Queued for snapshot execution: it is the next.';
  if (ahead >= COUNTED) return FURTHER_BACK;
  return `Queued for snapshot execution: ${ahead} ${ahead === 1 ? 'run is' : 'runs are'} before it.`;
}

/**
 * Notes what runs wait for. One that was claimed meanwhile says already what is done for it, and keeps that: the statement holds
 * the launches, so that they are not claimed until it is written. Whoever stops a run holds that first, and its launches then.
 * @param launchIds database ids
 */
export async function noteWhereWaiting(db: Database, launchIds: readonly string[], reason: string): Promise<void> {
  await inTransaction(db, (transaction) =>
    sql`update pipeline_run as run join ws_launch as launch on launch.run_id = run.id
      set run.status_reason = ${reason}
      where launch.id in (${sql.join(launchIds)}) and ${isDue('launch')}
        and run.status in ('initializing', 'resuming')`.execute(transaction),
  );
}

/** How often it is said, milliseconds. */
const INTERVAL = 2000;

/** Keeps saying it. */
export function startQueuePositions(db: Database, log: Logger): Pick<RepeatedWork, 'stop'> {
  return repeatWork(
    INTERVAL,
    () => noteQueuePositions(db),
    (error) => log.warn({ err: error }, 'the places in the queue were not noted'),
  );
}
