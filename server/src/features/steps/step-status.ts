import { illegalOperation } from '../../errors.ts';
import { type ExecutionStatus, isFinished } from '../runs/run-status.ts';

/** Statuses that only the server sets. */
const NOT_FOR_CLIENTS: readonly ExecutionStatus[] = ['retrying', 'retried', 'cancelling', 'queued'];

/**
 * Checks a status that a client gives to a step (ZenML 0.98.0 `_verify_step_status_transition`).
 * @param current the step's status; `undefined` for a new step.
 * @throws ApiError IllegalOperationError 403
 */
export function checkStepTransition(current: ExecutionStatus | undefined, next: ExecutionStatus): void {
  if (NOT_FOR_CLIENTS.includes(next)) throw illegalOperation(`Execution status \`${next}\` cannot be set manually.`);
  if (!current) return;
  if (isFinished(current)) throw illegalOperation('The status of finished steps can not be updated.');
  if (current === 'stopping' && next !== 'stopped' && next !== 'failed') {
    throw illegalOperation(`Stopping steps can not be transitioned to status \`${next}\`.`);
  }
  if (current === 'cancelling' && next !== 'cancelled' && next !== 'failed') {
    throw illegalOperation(`Cancelling steps can not be transitioned to status \`${next}\``);
  }
}

/** What decides on the status that a step really gets. */
export interface StepOutcome {
  readonly current: ExecutionStatus;
  readonly requested: ExecutionStatus;
  readonly isRetriable: boolean;
  readonly runStatus: ExecutionStatus;
}

/** A step that fails and may be tried again is `retrying`, unless its run is stopping; one that was told to stop is `stopped`. */
export function stepStatusAfter({ current, requested, isRetriable, runStatus }: StepOutcome): ExecutionStatus {
  const runStops = runStatus === 'stopping' || runStatus === 'stopped';
  const failed = requested === 'failed' || requested === 'cancelled';
  if (failed && isRetriable && !runStops) return 'retrying';
  if (current === 'stopping' && requested === 'failed') return 'stopped';
  return requested;
}

const SUCCESSFUL: readonly ExecutionStatus[] = ['completed', 'cached', 'skipped'];

/** Whether a step needs no other try. */
export function isSuccessful(status: ExecutionStatus): boolean {
  return SUCCESSFUL.includes(status);
}
