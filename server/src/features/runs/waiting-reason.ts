import type { Connection } from '../../database/database.ts';

/** How many characters the column of a run's status reason holds. */
const LONGEST_REASON = 255;

/** A status reason that fits its column. */
export function fitReason(reason: string): string {
  return reason.length <= LONGEST_REASON ? reason : `${reason.slice(0, LONGEST_REASON - 1)}…`;
}

/**
 * Says what a run waits for, as long as nothing has begun it; its status and the time of its last update stay.
 * @param runId database id
 */
export async function noteWaitingReason(connection: Connection, runId: string, reason: string): Promise<void> {
  const fitting = fitReason(reason);
  await connection
    .updateTable('pipeline_run')
    .set({ status_reason: fitting })
    .where('id', '=', runId)
    .where('status', 'in', ['initializing', 'resuming'])
    .where((where) => where.or([where('status_reason', 'is', null), where('status_reason', '!=', fitting)]))
    .execute();
}
