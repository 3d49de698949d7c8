import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId, toDatabaseId } from '../../database/ids.ts';
import { keyError, valueError } from '../../errors.ts';
import { readLogEntries } from '../logs/log-entries.ts';
import { loadLogsOf } from '../logs/logs-read-model.ts';

/** Which of a run's logs is asked for: exactly one of the two. */
export interface LogsChoice {
  readonly source?: string | null | undefined;
  readonly logs_id?: string | null | undefined;
}

/** The source of what a server logs about a run that it launches; old runs have it without a record. */
const RUNNER_SOURCE = 'runner';

/** Refuses a choice that is none. @throws ApiError ValueError 400 */
export function checkLogsChoice({ source, logs_id }: LogsChoice): void {
  if (source == null && logs_id == null) throw valueError('Either source or logs_id must be provided.');
  if (source != null && logs_id != null) throw valueError('Only one of source or logs_id must be provided.');
}

/** Reads one of the logs of a run (database id) that exists. @throws ApiError KeyError 404, see `readLogEntries` */
export async function readRunLog(
  connection: Connection,
  runId: string,
  choice: LogsChoice,
): Promise<Model<'LogEntry'>[]> {
  const records = (await loadLogsOf(connection, 'pipeline_run_id', [runId])).get(runId) ?? [];
  const record = records.find((logs) => logs.body?.source === choice.source || isSame(logs.id, choice.logs_id));
  if (record) return readLogEntries(connection, toDatabaseId(record.id));
  if (choice.source === RUNNER_SOURCE) throw valueError('Runner logs are unavailable for this run.');
  const run = fromDatabaseId(runId);
  if (records.length === 0) throw keyError(`No logs found in run ${run}.`);
  const wanted = choice.logs_id == null ? `source '${choice.source}'` : `ID '${choice.logs_id}'`;
  throw keyError(`No logs found for ${wanted} in run ${run}`);
}

function isSame(id: string, wanted: string | null | undefined): boolean {
  return wanted != null && toDatabaseId(id) === toDatabaseId(wanted);
}
