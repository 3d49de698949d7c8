import type { Selectable } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { LogsTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import type { Depth } from '../../listing/page.ts';
import { loadOwners } from '../users/users-read-model.ts';

/** Loads the log records of runs, steps or hook invocations, oldest first, by the database id of these. */
export async function loadLogsOf(
  connection: Connection,
  column: 'pipeline_run_id' | 'step_run_id' | 'hook_invocation_id',
  ids: readonly string[],
): Promise<Map<string, Model<'LogsResponse'>[]>> {
  const logs = new Map<string, Model<'LogsResponse'>[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return logs;
  const rows = await connection.selectFrom('logs').selectAll().where(column, 'in', ids).orderBy('created').execute();
  for (const row of rows) logs.get(row[column] ?? '')?.push(toNestedLogs(row));
  return logs;
}

/** A log record as it is shown within another answer. */
export function toNestedLogs(row: Selectable<LogsTable>): Model<'LogsResponse'> {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: fromNullableId(row.user_id),
      project_id: fromDatabaseId(row.project_id),
      uri: row.uri,
      source: row.source,
      step_run_id: fromNullableId(row.step_run_id),
      pipeline_run_id: fromNullableId(row.pipeline_run_id),
      artifact_store_id: fromNullableId(row.artifact_store_id),
      log_store_id: fromNullableId(row.log_store_id),
      hook_invocation_id: fromNullableId(row.hook_invocation_id),
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
  };
}

/** Loads log records by database id; see `Loader`. */
export async function loadLogs(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, Model<'LogsResponse'>>> {
  const rows = await connection.selectFrom('logs').selectAll().where('id', 'in', ids).execute();
  const owners = depth.resources ? await loadOwners(connection, rows) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        ...toNestedLogs(row),
        metadata: depth.metadata
          ? {
              step_run_id: fromNullableId(row.step_run_id),
              pipeline_run_id: fromNullableId(row.pipeline_run_id),
              artifact_store_id: fromNullableId(row.artifact_store_id),
              log_store_id: fromNullableId(row.log_store_id),
              hook_invocation_id: fromNullableId(row.hook_invocation_id),
            }
          : null,
        resources: owners ? { user: (row.user_id && owners.get(row.user_id)) || null } : null,
      },
    ]),
  );
}
