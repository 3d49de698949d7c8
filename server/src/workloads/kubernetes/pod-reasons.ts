import { tellingLine } from '../telling-line.ts';
import type { SeenContainer, SeenPod } from './seen.ts';

/*
 * What Kubernetes says of a pod, in the words of a run's status reason: short, and the cause first, because the column holds
 * 255 characters.
 */

const PULL_FAILURES = new Set(['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName']);

/** Why a pod does not start (yet). @returns `undefined` where it is simply starting */
export function pendingReasonOf({ unschedulable, container }: SeenPod): string | undefined {
  if (unschedulable !== undefined) return `no node can run its pod: ${firstSentence(unschedulable)}`;
  const reason = container?.waitingReason;
  if (!container || reason === undefined || reason === 'ContainerCreating' || reason === 'PodInitializing') {
    return undefined;
  }
  if (PULL_FAILURES.has(reason)) return `the image ${container.image} cannot be pulled: ${pullFailure(container)}`;
  return `its container cannot start: ${container.waitingMessage ?? reason}`;
}

function pullFailure({ waitingReason, waitingMessage = '' }: SeenContainer): string {
  if (waitingReason === 'InvalidImageName') return 'its name is not valid';
  if (/not found|manifest unknown|name unknown/i.test(waitingMessage)) return 'it is not in the registry';
  if (/unauthorized|denied|forbidden|authorization failed|no basic auth/i.test(waitingMessage)) {
    return 'the registry refuses it (pull secret or permission of the service account?)';
  }
  if (/no such host|connection refused|i\/o timeout|dial tcp/i.test(waitingMessage)) {
    return 'the registry cannot be reached from the node';
  }
  return waitingMessage === '' ? String(waitingReason) : waitingMessage;
}

const DISRUPTIONS: Readonly<Record<string, string>> = {
  EvictionByEvictionAPI: 'its pod was evicted',
  PreemptionByScheduler: 'its pod was preempted by one of higher priority',
  DeletionByTaintManager: 'its node was tainted, and the pod removed from it',
  DeletionByPodGC: 'its node is gone',
  TerminationByKubelet: 'its pod was ended by its node',
};

const JOB_FAILURES: Readonly<Record<string, string>> = {
  BackoffLimitExceeded: 'its pod failed or was deleted',
  DeadlineExceeded: 'it ran for longer than its Job may',
  PodFailurePolicy: 'its pod failed in a way that the pod failure policy takes as final',
};

/** Why a workload failed. @param jobReason the reason of the Job's condition `Failed` */
export function failureOf(pod: SeenPod | undefined, jobReason: string | undefined): string {
  const ofJob = jobReason === undefined ? 'its pod failed' : (JOB_FAILURES[jobReason] ?? jobReason);
  if (!pod) return ofJob;
  if (pod.reason === 'Evicted') return `its pod was evicted: ${firstSentence(pod.message ?? 'no reason given')}`;
  if (pod.disruption !== undefined) {
    return withMessage(DISRUPTIONS[pod.disruption] ?? `its pod was disturbed (${pod.disruption})`, pod.message);
  }
  const { container } = pod;
  if (container?.exitReason === 'OOMKilled') return `killed: out of memory${limitOf(container)}`;
  if (pod.isDeleted) return 'its pod was deleted';
  if (container?.exitCode === undefined || container.exitCode === 0) {
    return pendingReasonOf(pod) ?? withMessage(ofJob, pod.message);
  }
  return withMessage(`its process ended with exit code ${container.exitCode}`, tellingLineOf(container));
}

function limitOf({ memoryLimit }: SeenContainer): string {
  return memoryLimit === undefined ? '' : ` (limit ${memoryLimit})`;
}

function withMessage(text: string, message: string | undefined): string {
  return message === undefined || message === '' ? text : `${text}: ${message}`;
}

function tellingLineOf({ lastLines = '' }: SeenContainer): string | undefined {
  return tellingLine(lastLines.split('\n').filter((line) => line.trim() !== ''))?.trim();
}

/** The scheduler adds which preemptions it considered. */
function firstSentence(text: string): string {
  return text.split(/\.\s/)[0]?.replace(/\.$/, '') ?? text;
}
