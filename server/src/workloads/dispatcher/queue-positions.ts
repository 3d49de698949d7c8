import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import { noteWaitingReason } from '../../features/runs/waiting-reason.ts';
import { type RepeatedWork, repeatWork } from '../../repeated-work.ts';

/** Of so many runs the place in the queue is said: a long queue is not rewritten with each launch. */
const COUNTED = 50;

/** Says of the runs at the head of the queue how many are launched before them: projects take turns. */
export async function noteQueuePositions(db: Database): Promise<void> {
  const { rows } = await sql<{ run_id: string }>`select run_id from (
      select run_id, due, row_number() over (partition by project_id order by due) as turn from ws_launch
      where status = 'queued' and due <= utc_timestamp(3) and claim is null
    ) as waiting order by turn, due limit ${COUNTED}`.execute(db);
  for (const [ahead, { run_id: runId }] of rows.entries()) await noteWaitingReason(db, runId, textOf(ahead));
}

function textOf(ahead: number): string {
  if (ahead === 0) return 'Queued for snapshot execution: it is the next.';
  return `Queued for snapshot execution: ${ahead} ${ahead === 1 ? 'run is' : 'runs are'} before it.`;
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
