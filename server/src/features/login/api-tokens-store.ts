import type { Connection } from '../../database/database.ts';
import { fromNullableId, toDatabaseId } from '../../database/ids.ts';

/** Whether a schedule (API form of its id) is active; `undefined` where there is none. */
export async function findScheduleActivity(connection: Connection, id: string): Promise<boolean | undefined> {
  const query = connection.selectFrom('schedule').select('active').where('id', '=', toDatabaseId(id));
  const row = await query.executeTakeFirst();
  return row && row.active === 1;
}

/** Whether a run goes on, and the run at the root of its tree (API form of the ids). */
export async function findRunScope(
  connection: Connection,
  id: string,
): Promise<{ inProgress: boolean; rootRunId: string | null } | undefined> {
  const row = await connection
    .selectFrom('pipeline_run')
    .select(['in_progress', 'root_run_id'])
    .where('id', '=', toDatabaseId(id))
    .executeTakeFirst();
  return row && { inProgress: row.in_progress === 1, rootRunId: fromNullableId(row.root_run_id) };
}

/** Whether a deployment (API form of its id) exists. */
export async function deploymentExists(connection: Connection, id: string): Promise<boolean> {
  const query = connection.selectFrom('deployment').select('id').where('id', '=', toDatabaseId(id));
  return (await query.executeTakeFirst()) !== undefined;
}
