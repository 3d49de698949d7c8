import type { Connection } from '../../database/database.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { ApiError, notImplemented, valueError } from '../../errors.ts';
import type { OpenComponentStore } from '../artifact-data/component-stores-service.ts';
import type { LogPage, LogPaging } from './log-page.ts';
import { findLogStore, findLogsLocation } from './logs-store.ts';
import { readStoredLog } from './stored-log.ts';

/** Reads entries of a log from where its record (database id) says that they are. */
export type ReadLogEntries = (connection: Connection, logsId: string, paging: LogPaging) => Promise<LogPage>;

/**
 * Makes the reader of what steps and runs have logged.
 * @returns none where a record names no place; it rejects with ApiError ValueError 400, DoesNotExistException 404,
 *   NotImplementedError 501 for stores that this server does not read, and what opening a store rejects with
 */
export function createLogEntriesReader(openStore: OpenComponentStore): ReadLogEntries {
  return async (connection, logsId, paging) => {
    const location = await findLogsLocation(connection, logsId);
    if (location?.log_store_id) await refuseLogStore(connection, location.log_store_id);
    if (!location?.artifact_store_id) return { items: [], after: undefined };
    const store = await openStore(connection, location.artifact_store_id);
    if (!location.uri) throw valueError('logs_model.uri is required for ArtifactLogStore.fetch()');
    return readStoredLog(store, location.uri, paging);
  };
}

async function refuseLogStore(connection: Connection, id: string): Promise<never> {
  const store = await findLogStore(connection, id);
  const shown = fromDatabaseId(id);
  if (!store) throw new ApiError('DoesNotExistException', `Log store '${shown}' does not exist.`);
  if (store.type !== 'log_store') {
    throw new ApiError('DoesNotExistException', `Stack component '${shown}' is not a log store.`);
  }
  throw notImplemented(
    `Log store '${store.name}' could not be instantiated: this server does not read ${store.flavor}.`,
  );
}
