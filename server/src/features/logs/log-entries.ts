import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { illegalOperation, notImplemented } from '../../errors.ts';
import { findLogsLocation } from './logs-store.ts';

/**
 * Reads the entries of a log from where its record (database id) says that they are.
 * @returns none where the record names no place.
 * @throws ApiError IllegalOperationError 403 for a local artifact store, which is on the client's machine;
 *   NotImplementedError 501 for the others.
 */
export async function readLogEntries(connection: Connection, logsId: string): Promise<Model<'LogEntry'>[]> {
  const location = await findLogsLocation(connection, logsId);
  const storeId = location?.log_store_id ?? location?.artifact_store_id;
  if (storeId == null) return [];
  const store = await connection
    .selectFrom('stack_component')
    .select(['type', 'flavor'])
    .where('id', '=', storeId)
    .executeTakeFirst();
  if (store?.type === 'artifact_store' && store.flavor === 'local') {
    throw illegalOperation('Files in a local artifact store cannot be accessed from the server.');
  }
  throw notImplemented(`Reading logs from a ${store?.flavor} ${store?.type.replace('_', ' ')} is not offered.`);
}
