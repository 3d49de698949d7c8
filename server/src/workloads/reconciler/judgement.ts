import { type ExecutionStatus, isFinished } from '../../features/runs/run-status.ts';
import type { WorkloadStatus } from '../manager.ts';
import type { LaunchedRun } from './launched-runs.ts';

/** What is to be done about a launch, so that its run and its workload agree. */
export type Verdict =
  /** Nothing: they may still change by themselves. */
  | { readonly action: 'wait' }
  /** Nothing ever. */
  | { readonly action: 'close' }
  /** Nobody needs the workload. */
  | { readonly action: 'remove' }
  /** The workload takes long to start, and what is known of all workloads does not say why: its own events may. */
  | { readonly action: 'ask' }
  /** The run says what keeps its workload from running. */
  | { readonly action: 'explain'; readonly reason: string }
  /** The run ends, as its workload will not begin it. `remove`: the workload could still run, and must not. */
  | { readonly action: 'fail'; readonly reason: string; readonly remove: boolean };

/** A run that its runner has yet to hand to its orchestrator: it says `provisioning` once that has it. */
const WAITING: readonly ExecutionStatus[] = ['initializing', 'resuming'];

/**
 * The age of a workload, seconds, at which it is asked why it does not start: what keeps a Job from making its pod keeps it from the
 * first try on, so that nobody needs to ask forever.
 */
const ASKED = { from: 5, to: 30 } as const;

/**
 * How long after its runner's end a run may wait for its orchestrator to resume it, seconds: the orchestrator's pod may wait for a
 * node, and needs its image. One that comes later still finds a paused run, which it resumes as well.
 */
const RESUMED_WITHIN = 3600;

const WAIT: Verdict = { action: 'wait' };
const ASK: Verdict = { action: 'ask' };
const CLOSE: Verdict = { action: 'close' };
const REMOVE: Verdict = { action: 'remove' };

/**
 * Compares a launch with its workload: pure, so that each pair can be tried.
 * @param timeoutSeconds how long a workload may take to start
 */
export function judge(launch: LaunchedRun, workload: WorkloadStatus, timeoutSeconds: number): Verdict {
  const { runStatus, isNewest, isLaunched, isGivenUp, kind } = launch;
  const { phase } = workload;
  if (runStatus === undefined || runStatus === 'stopped') return REMOVE;
  const isOver = phase === 'absent' || phase === 'succeeded' || phase === 'failed';
  // What is over stays for a while: its log can be read, until its Job's time to live ends.
  if (isGivenUp || isFinished(runStatus)) return isOver ? CLOSE : phase === 'pending' ? REMOVE : WAIT;
  const isBegun = phase === 'running' || phase === 'succeeded';
  // It had paused: nothing of it is there to see that it is to stop.
  if (runStatus === 'stopping' && kind === 'resume' && isNewest && isLaunched && !isBegun) {
    return fail('it was stopped before its runner began', { remove: true });
  }
  // What an orchestrator has, or had until it paused, owes nothing to its runner any more.
  if (!isNewest || !WAITING.includes(runStatus)) return isOver && isLaunched ? CLOSE : WAIT;
  return judgeWaiting(launch, runStatus, workload, timeoutSeconds);
}

function judgeWaiting(
  { kind, isLaunched, time }: LaunchedRun,
  runStatus: ExecutionStatus,
  { phase, reason, since }: WorkloadStatus,
  timeoutSeconds: number,
): Verdict {
  const age = since === undefined ? 0 : (time.getTime() - since.getTime()) / 1000;
  switch (phase) {
    case 'failed':
      return fail(reason ?? 'its runner failed');
    case 'succeeded':
      // The runner says that it has submitted a run before it ends; whether one was resumed, the orchestrator says later.
      if (kind === 'start' && runStatus === 'initializing') return fail('its runner ended without beginning the run');
      return kind === 'resume' && age > RESUMED_WITHIN ? fail(NOT_RESUMED) : WAIT;
    case 'absent':
      return isLaunched ? fail(GONE) : WAIT;
    case 'pending':
      if (age > timeoutSeconds) {
        const why = reason === undefined ? '' : `: ${reason}`;
        return fail(`its runner has not started within ${timeoutSeconds} s${why}`, { remove: true });
      }
      if (reason !== undefined) return { action: 'explain', reason: `Waiting for its runner to start: ${reason}` };
      return age >= ASKED.from && age < ASKED.to ? ASK : WAIT;
    default:
      return WAIT;
  }
}

const NOT_RESUMED = 'its runner ended, and its orchestrator did not resume the run within an hour';
const GONE = 'its runner is gone: its Job was deleted before it began the run';

function fail(reason: string, { remove = false } = {}): Verdict {
  return { action: 'fail', reason, remove };
}

/** Whether a verdict asks for a look at the workload itself, where it was made after what is known of all of them. */
export function isToBeConfirmed(
  { action }: Verdict,
  { isGivenUp }: Pick<LaunchedRun, 'isGivenUp'>,
  { phase }: WorkloadStatus,
): boolean {
  switch (action) {
    case 'ask':
      return true;
    case 'close':
      // It may have been made without anybody knowing, and nobody would look for it again.
      return isGivenUp && phase === 'absent';
    case 'fail':
      return phase === 'absent' || phase === 'pending';
    default:
      return false;
  }
}
