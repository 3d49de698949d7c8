import { invalidBody } from '../../contract/issues.ts';
import type { Model } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { toDatabaseId, toNullableId } from '../../database/ids.ts';
import { illegalOperation } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { checkReference } from '../references.ts';
import { assignLogs, hasOwner, insertLogs, type LogsOwner, lockLogs } from './logs-store.ts';

type LogsRequest = Model<'LogsRequest'>;

/** What a new log record belongs to, database ids. */
export interface LogsScope {
  readonly projectId: string;
  readonly userId: string | null;
}

/** Creates a log record as a client describes it and returns its database id. @throws ApiError 404, 409 */
export async function createLogs(transaction: Transaction, request: LogsRequest, scope: LogsScope): Promise<string> {
  const from = 'logs';
  const { projectId } = scope;
  await checkStores(transaction, request, true);
  const run = { table: 'pipeline_run', id: request.pipeline_run_id, from, projectId, askedFor: true } as const;
  const step = { table: 'step_run', id: request.step_run_id, from, projectId, askedFor: true } as const;
  const hook = { table: 'hook_invocation', id: request.hook_invocation_id, from } as const;
  return insertLogs(transaction, {
    ...toValues(request, scope),
    pipeline_run_id: await checkReference(transaction, run),
    step_run_id: await checkReference(transaction, step),
    hook_invocation_id: await checkReference(transaction, hook),
  });
}

/** Creates a log record of a run or step that the caller has just written. */
export async function createLogsOf(
  transaction: Transaction,
  request: LogsRequest,
  scope: LogsScope,
  owner: Partial<LogsOwner>,
  defaultSource: string,
): Promise<void> {
  await checkStores(transaction, request);
  await insertLogs(transaction, {
    ...toValues(request, scope),
    source: request.source || defaultSource,
    pipeline_run_id: owner.pipeline_run_id ?? null,
    step_run_id: owner.step_run_id ?? null,
    hook_invocation_id: null,
  });
}

/** Gives an existing log record to a run or step. @throws ApiError IllegalOperationError 403 where it belongs to another */
export async function assign(
  transaction: Transaction,
  logsId: string,
  owner: { pipeline_run_id?: string | null | undefined; step_run_id?: string | null | undefined },
): Promise<void> {
  await requireOwner(transaction, owner);
  const logs = await lockLogs(transaction, logsId);
  if (!logs) throw noSuch('log', logsId);
  const wanted = { pipeline_run_id: toNullableId(owner.pipeline_run_id), step_run_id: toNullableId(owner.step_run_id) };
  const taken = logs.pipeline_run_id !== null || logs.step_run_id !== null;
  if (taken && (logs.pipeline_run_id !== wanted.pipeline_run_id || logs.step_run_id !== wanted.step_run_id)) {
    throw illegalOperation('The logs entry is already associated with a different entity.');
  }
  const reference = { from: 'logs schema', projectId: logs.project_id, operation: 'updated' } as const;
  await checkReference(transaction, { ...reference, table: 'pipeline_run', id: wanted.pipeline_run_id });
  await checkReference(transaction, { ...reference, table: 'step_run', id: wanted.step_run_id });
  await assignLogs(transaction, logsId, {
    ...(wanted.pipeline_run_id && { pipeline_run_id: wanted.pipeline_run_id }),
    ...(wanted.step_run_id && { step_run_id: wanted.step_run_id }),
  });
}

/** What is to own a log is looked for before the log is. */
async function requireOwner(
  transaction: Transaction,
  {
    pipeline_run_id,
    step_run_id,
  }: { pipeline_run_id?: string | null | undefined; step_run_id?: string | null | undefined },
): Promise<void> {
  if (pipeline_run_id) {
    if (!(await hasOwner(transaction, 'pipeline_run', toDatabaseId(pipeline_run_id))))
      throw noSuch('pipeline run', pipeline_run_id);
  } else if (step_run_id && !(await hasOwner(transaction, 'step_run', toDatabaseId(step_run_id)))) {
    throw noSuch('step run', step_run_id);
  }
}

/** The source of what the server logs about a run that it launches; it lies in no store of the stack. */
const RUNNER_SOURCE = 'runner';

async function checkStores(transaction: Transaction, request: LogsRequest, askedFor = false): Promise<void> {
  if (request.artifact_store_id == null && request.log_store_id == null && request.source !== RUNNER_SOURCE) {
    throw invalidBody('Either an `artifact_store_id` or a `log_store_id` must be set.');
  }
  if (request.step_run_id && request.pipeline_run_id) {
    throw invalidBody('Two different IDs can not be set at the same time.');
  }
  const store = { table: 'stack_component', from: 'logs', askedFor } as const;
  await checkReference(transaction, { ...store, id: request.artifact_store_id });
  await checkReference(transaction, { ...store, id: request.log_store_id });
}

function toValues(request: LogsRequest, { projectId, userId }: LogsScope) {
  return {
    id: request.id ? toDatabaseId(request.id) : undefined,
    uri: request.uri ?? null,
    source: request.source,
    project_id: projectId,
    user_id: userId,
    artifact_store_id: toNullableId(request.artifact_store_id),
    log_store_id: toNullableId(request.log_store_id),
  };
}
