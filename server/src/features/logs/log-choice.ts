import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId, toDatabaseId } from '../../database/ids.ts';
import { keyError, valueError } from '../../errors.ts';
import { entriesWithNotice } from './log-page.ts';
import type { LogReaders } from './log-readers.ts';
import { loadLogsOf } from './logs-read-model.ts';

/** Which of the logs of a run or step is asked for: exactly one of the two. */
export interface LogsChoice {
  readonly source?: string | null | undefined;
  readonly logs_id?: string | null | undefined;
}

/** A run or step that exists, by database id. */
export type LogsSubject = { readonly run: string } | { readonly step: string };

/** The source of what a server logs about a run that it launches; old runs have it without a record. */
export const RUNNER_SOURCE = 'runner';

/** Refuses a choice that is none. @throws ApiError ValueError 400 */
export function checkLogsChoice({ source, logs_id }: LogsChoice): void {
  if (source == null && logs_id == null) throw valueError('Either source or logs_id must be provided.');
  if (source != null && logs_id != null) throw valueError('Only one of source or logs_id must be provided.');
}

/**
 * Reads one of the logs of a run or step.
 * @throws ApiError KeyError 404; see `ReadLogEntries`
 */
export async function readChosenLog(
  connection: Connection,
  subject: LogsSubject,
  choice: LogsChoice,
  readers: LogReaders,
): Promise<Model<'LogEntry'>[]> {
  const record = await findChosenLog(connection, subject, choice);
  const paging = { limit: readers.limit };
  const { runnerLog } = readers;
  const page =
    'run' in subject && runnerLog && record.body?.source === RUNNER_SOURCE
      ? await runnerLog.readPage(subject.run, paging)
      : await readers.readEntries(connection, toDatabaseId(record.id), paging);
  return entriesWithNotice(page, record.id);
}

/** Finds the record of one of the logs of a run or step. @throws ApiError KeyError 404, ValueError 400 */
export async function findChosenLog(
  connection: Connection,
  subject: LogsSubject,
  choice: LogsChoice,
): Promise<Model<'LogsResponse'>> {
  const isRun = 'run' in subject;
  const id = isRun ? subject.run : subject.step;
  const column = isRun ? 'pipeline_run_id' : 'step_run_id';
  const records = (await loadLogsOf(connection, column, [id])).get(id) ?? [];
  const record = records.find((logs) => logs.body?.source === choice.source || isSame(logs.id, choice.logs_id));
  if (record) return record;
  if (isRun && choice.source === RUNNER_SOURCE) throw valueError('Runner logs are unavailable for this run.');
  const shown = fromDatabaseId(id);
  if (records.length === 0) throw keyError(`No logs found ${isRun ? 'in run' : 'for step'} ${shown}.`);
  const wanted = choice.logs_id == null ? `source '${choice.source}'` : `ID '${choice.logs_id}'`;
  throw keyError(`No logs found for ${wanted} in ${isRun ? 'run' : 'step'} ${shown}`);
}

function isSame(id: string, wanted: string | null | undefined): boolean {
  return wanted != null && toDatabaseId(id) === toDatabaseId(wanted);
}
