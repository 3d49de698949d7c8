import type { Connection } from '../../database/database.ts';

/** Counts all rows of a table, or those of a project (database id). */
export async function countRows(
  connection: Connection,
  table: 'stack' | 'stack_component' | 'project' | 'pipeline' | 'pipeline_run',
  projectId?: string,
): Promise<number> {
  let query = connection.selectFrom(table).select((count) => count.fn.countAll<number>().as('count'));
  if (projectId) query = query.where('project_id' as never, '=', projectId as never);
  return Number((await query.executeTakeFirstOrThrow()).count);
}
