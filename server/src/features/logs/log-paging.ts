import type { Model, QueryOf } from '../../contract/operation-types.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { illegalOperation, RequestValidationError, valueError } from '../../errors.ts';
import { loadOne } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { RUNNER_SOURCE } from './log-choice.ts';
import type { LogPage } from './log-page.ts';
import type { LogReaders } from './log-readers.ts';
import { loadLogs } from './logs-read-model.ts';

type EntriesQuery = QueryOf<'get_logs_entries_api_v1_logs__logs_id__entries_get'>;

/**
 * Reads a page of a log, by the id (API form) of its record. Logs are read from their oldest end, on from a cursor, and
 * without filters; what else the contract has is refused in the reference's words.
 * @throws ApiError KeyError 404, IllegalOperationError 403 for a log of nothing, ValueError 400
 */
export async function readEntriesPage(
  db: Database,
  readers: LogReaders,
  logsId: string,
  query: EntriesQuery,
): Promise<LogPage> {
  const { since, until } = query;
  if (since != null && until != null && Date.parse(since) > Date.parse(until)) {
    throw new RequestValidationError('`since` must be earlier than `until`.', true);
  }
  const { body } = await loadOwnedLogs(db, logsId, { metadata: false, resources: false });
  const runId = body?.pipeline_run_id;
  const { limit, after } = query;
  const paging = { limit: Math.min(limit ?? readers.limit, readers.limit), ...(after != null && { after }) };
  if (body?.source === RUNNER_SOURCE) {
    if (runId == null) throw valueError('Runner logs must be associated with a pipeline run.');
    if (asksForMore(query)) throw valueError(RUNNER_REFUSAL);
    if (!readers.runnerLog) throw valueError('Runner logs are unavailable for this run.');
    return readers.runnerLog.readPage(toDatabaseId(runId), paging);
  }
  if (asksForMore(query)) throw valueError(STORED_REFUSAL);
  return readers.readEntries(db, toDatabaseId(logsId), paging);
}

/** Loads the record of a log of something. @throws ApiError KeyError 404, IllegalOperationError 403 for a log of nothing */
export async function loadOwnedLogs(db: Database, logsId: string, depth: Depth): Promise<Model<'LogsResponse'>> {
  const logs = await loadOne(db, loadLogs, logsId, depth, 'log');
  const { pipeline_run_id, step_run_id, hook_invocation_id } = logs.body ?? {};
  if (pipeline_run_id != null || step_run_id != null || hook_invocation_id != null) return logs;
  throw illegalOperation('Logs must be associated with a pipeline run, step run or hook invocation before fetching.');
}

/** Whether a page is wanted that is not read from a log's oldest end. */
function asksForMore({ start, before, after, search, level, since, until }: EntriesQuery): boolean {
  if (start === 'newest' || before != null || after === '') return true;
  return [search, level, since, until].some((value) => value != null && value !== '');
}

const RUNNER_REFUSAL =
  'Runner logs are retrieved as one batch. Pagination and search, level, since, and until filters must be applied by ' +
  'the client.';

const STORED_REFUSAL =
  'The artifact log store only reads a log file from its start and serves what fits in one response. Drop start, before, ' +
  'after, search, level, since, and until, and narrow the result down where it is displayed.';
