import type { Model } from '../../contract/operation-types.ts';
import { illegalOperation } from '../../errors.ts';

/** The status of a run or of a step. */
export type ExecutionStatus = Model<'ExecutionStatus'>;

const FINISHED: readonly ExecutionStatus[] = [
  'failed',
  'completed',
  'cached',
  'skipped',
  'retried',
  'stopped',
  'cancelled',
];

/** Whether a status is final (ZenML 0.98.0 enums.ExecutionStatus.is_finished). */
export function isFinished(status: ExecutionStatus): boolean {
  return FINISHED.includes(status);
}

/** Whether a status means that something went wrong. */
export function isFailed(status: ExecutionStatus): boolean {
  return status === 'failed' || status === 'cancelled';
}

/** Whether a run stands for one that its orchestrator has yet to begin. */
export function isPlaceholder(status: ExecutionStatus): boolean {
  return status === 'initializing' || status === 'provisioning';
}

/** A run as the rules of its status see it. */
export interface RunState {
  readonly status: ExecutionStatus;
  readonly isChild: boolean;
  /** Whether its snapshot is dynamic: such a run's status is what its process reports, not what its steps say. */
  readonly isDynamic: boolean;
}

/** What is asked of a run's status; neither, when one of its steps changed. */
export interface StatusRequest {
  readonly status?: ExecutionStatus | undefined;
  readonly reason?: string | undefined;
}

/** The steps of a run: without those that a retry replaced. */
export interface StepProgress {
  readonly statuses: readonly ExecutionStatus[];
  /** How many steps the snapshot has. */
  readonly expected: number;
}

/** Statuses of steps that a run never has. */
const STEPS_ONLY: readonly ExecutionStatus[] = ['cached', 'skipped', 'retrying', 'retried'];

/**
 * The status that a run has after a request or a change of a step (ZenML 0.98.0 PipelineRunSchema.update_status).
 * @returns `undefined` where nothing is to be changed, not even the time of the last update.
 * @throws ApiError IllegalOperationError 403 for a transition that does not exist.
 */
export function nextRunStatus(run: RunState, request: StatusRequest, steps: StepProgress): ExecutionStatus | undefined {
  const requested = request.status;
  if (requested) checkRequest(run, requested);
  // An orchestrator may have begun the run before the client gets to say that it is being provisioned.
  if (requested === 'provisioning' && run.status !== 'initializing') return undefined;
  const next = run.isDynamic
    ? nextDynamicStatus(run.status, request)
    : nextStaticStatus(requested ?? run.status, steps);
  if (next === undefined) return undefined;
  const resumes = run.status === 'failed' && next === 'resuming';
  if (isFinished(run.status) && next !== run.status && !resumes) {
    throw illegalOperation('Cannot update the status of a finished run.');
  }
  return next;
}

function checkRequest(run: RunState, requested: ExecutionStatus): void {
  if (STEPS_ONLY.includes(requested)) {
    throw illegalOperation(`Execution status \`${requested}\` is not valid for pipeline runs.`);
  }
  if (requested !== 'resuming') return;
  if (run.status !== 'paused' && run.status !== 'failed') {
    throw illegalOperation('Only failed or paused runs can be resumed.');
  }
  if (run.isChild) throw illegalOperation('Cannot resume a child run. Resume the parent run instead.');
}

function nextDynamicStatus(current: ExecutionStatus, { status, reason }: StatusRequest): ExecutionStatus | undefined {
  if (!status && reason === undefined) return undefined;
  const next = status ?? current;
  const stops = current === 'stopping' || current === 'stopped';
  return stops && next === 'failed' ? 'stopped' : next;
}

function nextStaticStatus(status: ExecutionStatus, { statuses, expected }: StepProgress): ExecutionStatus {
  const stopped = statuses.every(isFinished) ? 'stopped' : 'stopping';
  if (status === 'stopping') return stopped;
  if (status === 'failed' || statuses.includes('failed')) return 'failed';
  if (statuses.includes('stopped')) return stopped;
  if (statuses.includes('running') || statuses.includes('retrying')) return 'running';
  if (statuses.length >= expected) return 'completed';
  // Steps that the client takes from the cache finish before the run has begun.
  return isPlaceholder(status) ? status : 'running';
}

/** The reason that a run has after a change of its status. */
export function nextStatusReason(
  current: { status: ExecutionStatus; reason: string | null },
  next: ExecutionStatus,
  given: string | undefined,
): string | null {
  if (given) return given;
  const keeps = current.status === next || (current.status === 'stopping' && next === 'stopped');
  return keeps ? current.reason : null;
}

/** A step of a failed run, for {@link failedRunContinues}. */
export interface StepState {
  readonly name: string;
  readonly status: ExecutionStatus;
  /** Whether its last heartbeat is too long ago (see {@link isHeartbeatOverdue}). */
  readonly overdue: boolean;
}

/**
 * Whether steps of a failed static run still run or are going to run, where its execution mode lets those continue
 * that do not depend on the failed ones (ZenML 0.98.0 PipelineRunSchema._check_if_run_in_progress).
 * @param upstream the steps that each step of the pipeline waits for; `undefined` where the snapshot does not tell.
 */
export function failedRunContinues(
  upstream: ReadonlyMap<string, readonly string[]> | undefined,
  steps: readonly StepState[],
): boolean {
  if (!upstream) return steps.some((step) => !isFinished(step.status));
  const failed = steps.filter((step) => isFailed(step.status)).map((step) => step.name);
  const barred = withDownstream(upstream, failed);
  const byName = new Map(steps.map((step) => [step.name, step]));
  for (const name of upstream.keys()) {
    const step = byName.get(name);
    if (barred.has(name) || (step && isFinished(step.status))) continue;
    if (!step?.overdue) return true;
  }
  return false;
}

function withDownstream(upstream: ReadonlyMap<string, readonly string[]>, from: readonly string[]): Set<string> {
  const downstream = new Map<string, string[]>();
  for (const [name, parents] of upstream) {
    for (const parent of parents) downstream.set(parent, [...(downstream.get(parent) ?? []), name]);
  }
  const reached = new Set<string>();
  const open = [...from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    open.push(...(downstream.get(name) ?? []));
  }
  return reached;
}

/** What tells whether a step is alive; instants in database form. */
export interface Heartbeat {
  readonly status: ExecutionStatus;
  readonly start_time: string | null;
  readonly latest_heartbeat: string | null;
  /** Minutes without a heartbeat after which the step counts as dead; `null` or 0 where it sends none. */
  readonly heartbeat_threshold: number | null;
}

/** Whether a step that should send heartbeats has not for too long (ZenML 0.98.0 steps/heartbeat.py). */
export function isHeartbeatOverdue(step: Heartbeat, now: Date): boolean {
  const since = step.latest_heartbeat ?? step.start_time;
  if (!step.heartbeat_threshold || isFinished(step.status) || since === null) return false;
  return now.getTime() - Date.parse(`${since.replace(' ', 'T')}Z`) > step.heartbeat_threshold * 60_000;
}
