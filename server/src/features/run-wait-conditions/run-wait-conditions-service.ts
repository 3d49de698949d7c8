import { isDeepStrictEqual } from 'node:util';
import type { BodyOf } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { readDatabaseTime } from '../../database/database-time.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { toDatabaseInstant } from '../../database/instants.ts';
import { entityExists, illegalOperation } from '../../errors.ts';
import { withPlainNumbers } from '../../exact-numbers.ts';
import { noSuch } from '../../listing/lister.ts';
import { toValidJson } from '../../python-json.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { checkReference } from '../references.ts';
import { addMetadata } from '../run-metadata/run-metadata-service.ts';
import { holdRun } from '../runs/run-access-service.ts';
import type { UpdateRunStatus } from '../runs/run-status-updates.ts';
import type { ResumeRun } from '../snapshot-runs/run-resumption-service.ts';
import * as store from './run-wait-conditions-store.ts';
import { checkResult } from './wait-condition-result.ts';

type WaitConditionRequest = BodyOf<'create_run_wait_condition_api_v1_run_wait_conditions_post'>;
type ResolveRequest =
  BodyOf<'resolve_run_wait_condition_api_v1_run_wait_conditions__run_wait_condition_id__resolve_put'>;
type LeaseUpdate = BodyOf<'update_run_wait_condition_lease_api_v1_run_wait_conditions__run_wait_condition_id__put'>;

/** The rules of wait conditions, at which dynamic runs stop until somebody answers; ids in database form. */
export interface WaitConditionsService {
  /** Creates a wait condition, or finds the same one. @returns its id. @throws ApiError 403, 404, 409 */
  create(transaction: Transaction, request: WaitConditionRequest, userId: string): Promise<string>;
  /** Answers a wait condition and lets its run go on, or stops it. @throws ApiError 400, 403, 404 */
  resolve(transaction: Transaction, id: string, request: ResolveRequest, userId: string): Promise<void>;
  /** Renews or gives up the lease of the process that waits. @returns the condition's status. @throws ApiError 404 */
  updateLease(
    transaction: Transaction,
    id: string,
    update: LeaseUpdate,
    userId: string,
  ): Promise<'pending' | 'resolved'>;
}

const WAITING = { status: 'paused', reason: 'Waiting for input.' } as const;
const ABORTED = { status: 'stopped', reason: 'Wait condition was aborted.' } as const;

/**
 * @param updateRunStatus changes the status of runs that wait, go on or end.
 * @param resumeRun starts a run again that has ended its process to wait.
 */
export function createWaitConditionsService(
  updateRunStatus: UpdateRunStatus,
  resumeRun: ResumeRun,
): WaitConditionsService {
  return {
    async create(transaction, request, userId) {
      const runId = toDatabaseId(request.run);
      const run = await holdRun(transaction, runId);
      const project = await findProject(transaction, request.project);
      const from = 'run wait condition';
      await checkReference(transaction, { table: 'pipeline_run', id: request.run, from, projectId: project.id });
      if (run.is_dynamic !== 1) throw illegalOperation('Wait conditions are only supported for dynamic pipelines.');
      const existing = await store.findWaitConditions(transaction, runId, request.name);
      const sameName = existing.find((condition) => condition.has_name);
      if (sameName) return requireSame(sameName, request).id;
      if (existing.length > 0) {
        throw illegalOperation(
          'Only one pending wait condition is allowed per run. Resolve the existing pending wait condition before ' +
            'creating a new one.',
        );
      }
      const id = await store.insertWaitCondition(transaction, {
        run_id: runId,
        project_id: project.id,
        user_id: userId,
        name: request.name,
        type: request.type,
        status: 'pending',
        question: request.question ?? null,
        data_schema_json: request.data_schema == null ? null : JSON.stringify(request.data_schema),
      });
      const scope = { projectId: project.id, userId };
      await addMetadata(transaction, { id, type: 'wait_condition' }, request.metadata ?? {}, scope);
      return id;
    },

    async resolve(transaction, id, request, userId) {
      const { runId, rootRunId } = await lockRunOf(transaction, id);
      const condition = await store.lockWaitCondition(transaction, id);
      if (condition.status !== 'pending') throw illegalOperation('Wait condition has already been resolved.');
      const time = await readTime(transaction);
      await store.updateWaitCondition(transaction, id, {
        status: 'resolved',
        resolution: request.resolution,
        result_json: checkResult(request.resolution, condition.data_schema_json, request.result),
        resolved_at: time,
        resolved_by_user_id: userId,
      });
      if (request.resolution === 'abort') return updateRunStatus(transaction, runId, ABORTED);
      // Whoever holds the lease is about to see the answer by itself.
      const isLeased = condition.poller_lease_expires_at !== null && condition.poller_lease_expires_at > time;
      if (!isLeased) await resumeRun(transaction, rootRunId, userId);
    },

    async updateLease(transaction, id, { mode, poller_instance_id, poller_lease_expires_at }, userId) {
      const { runId, rootRunId } = await lockRunOf(transaction, id);
      const { status, resolution } = await store.lockWaitCondition(transaction, id);
      const time = await readTime(transaction);
      const polled = { last_polled_at: time };
      if (mode === 'refresh') {
        const lease = { poller_instance_id, poller_lease_expires_at: toDatabaseInstant(poller_lease_expires_at) };
        await store.updateWaitCondition(transaction, id, status === 'pending' ? { ...polled, ...lease } : polled);
        return status === 'pending' ? 'pending' : 'resolved';
      }
      const released = { poller_instance_id: null, poller_lease_expires_at: time };
      await store.updateWaitCondition(transaction, id, { ...polled, ...released });
      if (status === 'pending') {
        await updateRunStatus(transaction, runId, WAITING);
        return 'pending';
      }
      if (mode === 'abandon' && resolution === 'continue') {
        await updateRunStatus(transaction, runId, { status: 'paused' });
        await resumeRun(transaction, rootRunId, userId);
      }
      return 'resolved';
    },
  };
}

/** Which lease has ended is asked by replicas whose clocks may differ: the database's decides. */
async function readTime(transaction: Transaction): Promise<string> {
  return toDatabaseInstant(await readDatabaseTime(transaction));
}

/** Runs are locked before what belongs to them. */
async function lockRunOf(transaction: Transaction, id: string): Promise<{ runId: string; rootRunId: string }> {
  const runs = await store.findRunsOf(transaction, id);
  if (!runs) throw noSuch('run wait condition', id);
  await holdRun(transaction, runs.runId);
  return runs;
}

function requireSame(existing: store.StoredWaitCondition, request: WaitConditionRequest): store.StoredWaitCondition {
  const schema = existing.data_schema_json === null ? null : JSON.parse(toValidJson(existing.data_schema_json));
  if (
    existing.type === request.type &&
    existing.question === (request.question ?? null) &&
    isDeepStrictEqual(schema, withPlainNumbers(request.data_schema ?? null))
  ) {
    return existing;
  }
  throw entityExists(
    'A run wait condition with this name already exists for the run, but with different configuration.',
  );
}
