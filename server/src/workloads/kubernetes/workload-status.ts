import type { WorkloadStatus } from '../manager.ts';
import { failureOf, pendingReasonOf } from './pod-reasons.ts';
import { inOrder, type SeenJob, type SeenPod } from './seen.ts';

/** How much later than it should a pod may end, milliseconds. */
const SLACK = 60_000;

/** The state of a workload, from its Job and its pods: pure, so that each case of it can be tried. */
export function statusOf(
  job: SeenJob | undefined,
  pods: readonly SeenPod[],
  now = new Date(),
): WorkloadStatus | undefined {
  const ordered = inOrder(pods);
  const latest = ordered.at(-1);
  const labelled = job ?? latest;
  if (!labelled) return undefined;
  const { workload: name, runId, launchNumber } = labelled;
  return { name, runId, launchNumber, ...(job ? phaseOf(job, ordered, now) : phaseOfPod(latest)) };
}

type Phase = Pick<WorkloadStatus, 'phase' | 'reason' | 'since'>;

function phaseOf(job: SeenJob, pods: readonly SeenPod[], now: Date): Phase {
  const pod = pods.at(-1);
  // Up to Kubernetes 1.30 a Job is said to have failed while a pod of it is still ending, and logs.
  if (job.outcome !== undefined && !pods.some((one) => isEnding(one, job, now))) {
    if (job.outcome === 'complete') return { phase: 'succeeded', reason: undefined, since: job.ended };
    return { phase: 'failed', reason: failureOf(pod, job.reason), since: job.ended };
  }
  if (!pod) return { phase: 'pending', reason: undefined, since: job.created };
  // The Job waits for its pod, which a node that has died does not end.
  if (job.isFailing && isLost(pod, now)) {
    return { phase: 'failed', reason: failureOf(pod, job.reason), since: pod.endsBy };
  }
  // One that replaces another has its own time to start.
  if (pod.phase === 'Pending') return { phase: 'pending', reason: pendingReasonOf(pod), since: pod.created };
  // Another container, as of a service mesh, does not end with the runner's and keeps pod and Job.
  if (pod.phase === 'Running' && isLost({ endsBy: pod.container?.ended }, now)) return phaseOfContainer(pod);
  // A pod that is over leaves it to the Job whether another one takes its place.
  return { phase: 'running', reason: undefined, since: pod.container?.started };
}

/** Whether a pod of a Job that has ended still does. Job controllers delete such pods, whether that is seen already or not. */
function isEnding({ phase, endsBy }: SeenPod, { ended }: SeenJob, now: Date): boolean {
  return phase === 'Running' && !isLost({ endsBy: endsBy ?? ended }, now);
}

/** Whether a pod should have ended for some time, and is not said to have: where it is deleted, its node has died. */
export function isLost({ endsBy }: Pick<SeenPod, 'endsBy'>, now: Date): boolean {
  return endsBy !== undefined && endsBy.getTime() + SLACK < now.getTime();
}

function phaseOfContainer(pod: SeenPod): Phase {
  const since = pod.container?.ended;
  if (pod.container?.exitCode === 0) return { phase: 'succeeded', reason: undefined, since };
  return { phase: 'failed', reason: failureOf(pod, undefined), since };
}

/** Without its Job a pod is about to be removed, or the role lets only pods be seen. */
function phaseOfPod(pod: SeenPod | undefined): Phase {
  if (!pod) return { phase: 'absent', reason: undefined, since: undefined };
  const since = pod.container?.ended ?? pod.container?.started ?? pod.created;
  if (pod.phase === 'Succeeded') return { phase: 'succeeded', reason: undefined, since };
  if (pod.phase === 'Failed') return { phase: 'failed', reason: failureOf(pod, undefined), since };
  if (pod.phase === 'Running') return { phase: 'running', reason: undefined, since };
  return { phase: 'pending', reason: pendingReasonOf(pod), since };
}
