import type { Transaction } from '../../database/database.ts';
import { now } from '../../database/instants.ts';
import { noSuch } from '../../listing/lister.ts';
import type { Onboarding, OnboardingStep } from '../server/onboarding.ts';
import {
  type ExecutionStatus,
  failedRunContinues,
  isFinished,
  isHeartbeatOverdue,
  nextRunStatus,
  nextStatusReason,
  type StatusRequest,
} from './run-status.ts';
import * as store from './run-status-store.ts';

/**
 * Brings the status of a run up to date within the write that changes it or one of its steps.
 * @param runId database id.
 * @param request what a client asks of the run; left out after a change of a step.
 * @throws ApiError KeyError 404, IllegalOperationError 403
 */
export type UpdateRunStatus = (transaction: Transaction, runId: string, request?: StatusRequest) => Promise<void>;

/** Told when a run has completed or failed, in the transaction in which it does. @param runId database id */
export type OnRunEnded = (transaction: Transaction, runId: string, status: 'completed' | 'failed') => Promise<void>;

/**
 * @param onboarding told when a run ends.
 * @param onRunEnded left out where nothing waits for the ends of runs
 */
export function createRunStatusUpdates(onboarding: Onboarding, onRunEnded?: OnRunEnded): UpdateRunStatus {
  return async (transaction, runId, request = {}) => {
    const run = await store.lockRun(transaction, runId);
    if (!run) throw noSuch('pipeline run', runId);
    const isDynamic = run.is_dynamic === 1;
    const steps = isDynamic ? [] : await store.findStepStatuses(transaction, runId);
    const next = nextRunStatus({ status: run.status, isChild: run.parent_run_id !== null, isDynamic }, request, {
      statuses: steps.map((step) => step.status),
      expected: run.step_count ?? 0,
    });
    if (next === undefined) return;
    const inProgress = isDynamic ? !isFinished(next) : await isInProgress(transaction, run, next, steps);
    const updated = now();
    const endTime = !inProgress && run.end_time === null ? updated : next === 'resuming' ? null : run.end_time;
    await store.updateRunRow(transaction, runId, {
      updated,
      status: next,
      status_reason: nextStatusReason({ status: run.status, reason: run.status_reason }, next, request.reason),
      in_progress: inProgress ? 1 : 0,
      end_time: endTime,
    });
    if (next !== run.status && (next === 'completed' || next === 'failed'))
      await onRunEnded?.(transaction, runId, next);
    if (isFinished(next) && endTime !== null) {
      await onboarding.complete(transaction, await completedSteps(transaction, run.stack_id));
    }
  };
}

async function isInProgress(
  transaction: Transaction,
  run: store.RunStatusRow,
  status: ExecutionStatus,
  steps: readonly store.StepStatusRow[],
): Promise<boolean> {
  if (!isFinished(status)) return true;
  if (status !== 'failed' || run.snapshot_id === null) return false;
  const { executionMode, upstream } = await store.readSnapshotPlan(transaction, run.snapshot_id);
  if (executionMode !== 'continue_on_failure') return false;
  const time = new Date();
  return failedRunContinues(
    upstream,
    steps.map((step) => ({ name: step.name, status: step.status, overdue: isHeartbeatOverdue(step, time) })),
  );
}

const LOCAL_ORCHESTRATORS = ['local', 'local_docker'];

async function completedSteps(transaction: Transaction, stackId: string | null): Promise<OnboardingStep[]> {
  if (stackId === null) return ['pipeline_run'];
  const flavors = await store.findStackFlavors(transaction, stackId);
  const orchestrator = flavors.get('orchestrator') ?? 'local';
  const artifactStore = flavors.get('artifact_store') ?? 'local';
  return [
    'pipeline_run',
    ...(LOCAL_ORCHESTRATORS.includes(orchestrator) ? [] : (['pipeline_run_with_remote_orchestrator'] as const)),
    ...(artifactStore === 'local' ? [] : (['pipeline_run_with_remote_artifact_store'] as const)),
  ];
}
