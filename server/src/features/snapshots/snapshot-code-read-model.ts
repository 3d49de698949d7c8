import type { Connection } from '../../database/database.ts';
import { fromNullableId, toDatabaseId } from '../../database/ids.ts';
import { noSuch } from '../../listing/lister.ts';

/** Where a snapshot's code was uploaded to, and the stack whose artifact store that is. @throws ApiError KeyError 404 */
export async function findSnapshotCode(connection: Connection, id: string) {
  const row = await connection
    .selectFrom('pipeline_snapshot')
    .select(['id', 'code_path', 'stack_id'])
    .where('id', '=', toDatabaseId(id))
    .executeTakeFirst();
  if (!row) throw noSuch('pipeline snapshot', id);
  return { id: fromNullableId(row.id) ?? id, codePath: row.code_path, stackId: fromNullableId(row.stack_id) };
}
