import type { RowScope } from '../../auth/permissions.ts';
import type { Connection } from '../../database/database.ts';
import { withinRows } from '../../listing/lister.ts';

/** Which rows are counted; all where nothing is said. */
export interface Counted {
  /** Database id. */
  readonly projectId?: string;
  readonly rows?: RowScope | undefined;
}

/** Counts rows of a table. */
export async function countRows(
  connection: Connection,
  table: 'stack' | 'stack_component' | 'project' | 'pipeline' | 'pipeline_run',
  { projectId, rows }: Counted = {},
): Promise<number> {
  let query = connection.selectFrom(table).select((count) => count.fn.countAll<number>().as('count'));
  if (projectId) query = query.where('project_id' as never, '=', projectId as never);
  if (rows) query = query.where(withinRows(table, rows));
  return Number((await query.executeTakeFirstOrThrow()).count);
}
