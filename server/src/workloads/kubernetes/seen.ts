import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { LABELS } from './labels.ts';

/*
 * What is remembered of Jobs and pods: a fraction of the objects, so that a thousand cost little. Watches give dates as
 * texts and lists give them as dates; both become dates here.
 */

/** Whose Job or pod it is. */
interface Labelled {
  readonly workload: string;
  readonly runId: string;
  readonly launchNumber: number;
}

/** A Job, as far as its state goes. */
export interface SeenJob extends Labelled {
  readonly uid: string;
  readonly created: Date | undefined;
  readonly outcome: 'complete' | 'failed' | undefined;
  /** Whether it has failed or is about to, once its pods have ended. */
  readonly isFailing: boolean;
  /** Why it fails, as Kubernetes says: `BackoffLimitExceeded`, `DeadlineExceeded`, … */
  readonly reason: string | undefined;
  readonly ended: Date | undefined;
}

/** A pod, as far as its state goes. */
export interface SeenPod extends Labelled {
  readonly name: string;
  readonly uid: string;
  readonly created: Date | undefined;
  readonly phase: string;
  readonly isDeleted: boolean;
  /** When its node has to have ended it, where it is being deleted. */
  readonly endsBy: Date | undefined;
  /** `Evicted`, `NodeLost`, …, with its explanation. */
  readonly reason: string | undefined;
  readonly message: string | undefined;
  /** Why it is disturbed from outside: `EvictionByEvictionAPI`, `PreemptionByScheduler`, `DeletionByTaintManager`, … */
  readonly disruption: string | undefined;
  /** Why no node takes it. */
  readonly unschedulable: string | undefined;
  readonly container: SeenContainer | undefined;
}

/** The container of the runner or the builder. */
export interface SeenContainer {
  readonly name: string;
  readonly image: string;
  readonly memoryLimit: string | undefined;
  readonly waitingReason: string | undefined;
  readonly waitingMessage: string | undefined;
  readonly started: Date | undefined;
  readonly exitCode: number | undefined;
  readonly exitReason: string | undefined;
  /** The last lines of its log. */
  readonly lastLines: string | undefined;
  readonly ended: Date | undefined;
}

/** @returns `undefined` where the labels are not ours */
export function seeJob(job: V1Job): SeenJob | undefined {
  const labelled = labelledOf(job.metadata?.labels);
  if (!labelled) return undefined;
  const condition = (type: string) =>
    job.status?.conditions?.find((candidate) => candidate.type === type && candidate.status === 'True');
  const [complete, failed] = [condition('Complete'), condition('Failed')];
  const failing = failed ?? condition('FailureTarget');
  const ending = complete ?? failed;
  return {
    ...labelled,
    uid: job.metadata?.uid ?? '',
    created: toDate(job.metadata?.creationTimestamp),
    outcome: ending && (complete ? 'complete' : 'failed'),
    isFailing: failing !== undefined,
    reason: failing?.reason,
    ended: toDate(ending?.lastTransitionTime),
  };
}

/** @returns `undefined` where the labels are not ours */
export function seePod(pod: V1Pod): SeenPod | undefined {
  const labelled = labelledOf(pod.metadata?.labels);
  if (!labelled) return undefined;
  const { status } = pod;
  const condition = (type: string, value: string) =>
    status?.conditions?.find((candidate) => candidate.type === type && candidate.status === value);
  return {
    ...labelled,
    name: pod.metadata?.name ?? '',
    uid: pod.metadata?.uid ?? '',
    created: toDate(pod.metadata?.creationTimestamp),
    phase: status?.phase ?? 'Pending',
    isDeleted: pod.metadata?.deletionTimestamp !== undefined,
    endsBy: toDate(pod.metadata?.deletionTimestamp),
    reason: status?.reason,
    message: status?.message,
    disruption: condition('DisruptionTarget', 'True')?.reason,
    unschedulable: condition('PodScheduled', 'False')?.message,
    container: seeContainer(pod),
  };
}

/** In the order in which they were made: each but the last has failed. What is not ours is left out. */
export function seePods(pods: readonly V1Pod[]): SeenPod[] {
  return inOrder(pods.flatMap((pod) => seePod(pod) ?? []));
}

/** Sorted by the time at which they were made. */
export function inOrder(pods: readonly SeenPod[]): SeenPod[] {
  return [...pods].sort((one, other) => (one.created?.getTime() ?? 0) - (other.created?.getTime() ?? 0));
}

/** It is named as what its pod is: a service mesh may have added others, before it and after it. */
function seeContainer({ metadata, spec, status }: V1Pod): SeenContainer | undefined {
  const isOurs = ({ name }: { readonly name: string }) => name === metadata?.labels?.[LABELS.component];
  const container = spec?.containers.find(isOurs);
  if (!container) return undefined;
  const { waiting, running, terminated } = status?.containerStatuses?.find(isOurs)?.state ?? {};
  return {
    name: container.name,
    image: container.image ?? '',
    memoryLimit: container.resources?.limits?.['memory'],
    waitingReason: waiting?.reason,
    waitingMessage: waiting?.message,
    started: toDate(running?.startedAt ?? terminated?.startedAt),
    exitCode: terminated?.exitCode,
    exitReason: terminated?.reason,
    lastLines: terminated?.message,
    ended: toDate(terminated?.finishedAt),
  };
}

function labelledOf(labels: Readonly<Record<string, string>> | undefined): Labelled | undefined {
  const workload = labels?.[LABELS.workload];
  const runId = labels?.[LABELS.run];
  if (workload === undefined || runId === undefined) return undefined;
  return { workload, runId, launchNumber: Number(labels?.[LABELS.launch] ?? 1) };
}

function toDate(value: Date | string | undefined | null): Date | undefined {
  return value ? new Date(value) : undefined;
}
