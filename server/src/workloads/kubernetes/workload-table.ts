import type { WorkloadStatus } from '../manager.ts';
import type { SeenJob, SeenPod } from './seen.ts';
import { statusOf } from './workload-status.ts';

/** What is known of all workloads, from Jobs and pods as they are seen; tells of each change of a status. */
export interface WorkloadTable {
  replaceJobs(jobs: readonly SeenJob[]): void;
  replacePods(pods: readonly SeenPod[]): void;
  upsertJob(job: SeenJob): void;
  upsertPod(pod: SeenPod): void;
  removeJob(workload: string): void;
  removePod(pod: SeenPod): void;
  /** From now on nothing is told: what is seen of pods means little before their Jobs are known, and the other way round. */
  hold(): void;
  /** Tells what has changed since. */
  release(): void;
  statuses(): readonly WorkloadStatus[];
  /** Workloads of whose Job the pods do not tell enough: it goes on, or has no pod. */
  doubtful(): readonly string[];
}

interface Entry {
  job: SeenJob | undefined;
  readonly pods: Map<string, SeenPod>;
  told: WorkloadStatus | undefined;
}

/** @param tell is told of each status that differs from the one before in phase or reason */
export function createWorkloadTable(tell: (status: WorkloadStatus) => void): WorkloadTable {
  const entries = new Map<string, Entry>();
  let isHeld = false;

  const entryOf = (workload: string): Entry => {
    const entry = entries.get(workload) ?? { job: undefined, pods: new Map<string, SeenPod>(), told: undefined };
    entries.set(workload, entry);
    return entry;
  };

  const changed = (workload: string) => {
    const entry = entries.get(workload);
    if (!entry || isHeld) return;
    const status = statusOf(entry.job, [...entry.pods.values()]);
    const before = entry.told;
    if (!status) {
      entries.delete(workload);
      if (before) tell({ ...before, phase: 'absent', reason: undefined, since: new Date() });
    } else if (status.phase !== before?.phase || (status.reason !== before.reason && !isOver(before))) {
      // Of what is over the first reason stays: the pod that said why may be gone by now.
      entry.told = status;
      tell(status);
    }
  };

  const allChanged = () => {
    for (const workload of [...entries.keys()]) changed(workload);
  };

  const removePod = (entry: Entry, pod: SeenPod) => {
    // The last that was seen of a pod says why its Job fails.
    const phase = pod.phase === 'Running' ? 'Failed' : pod.phase;
    if (entry.job && !isOver(entry.told)) entry.pods.set(pod.uid, { ...pod, phase, isDeleted: true });
    else entry.pods.delete(pod.uid);
  };

  const removeJob = (entry: Entry) => {
    entry.job = undefined;
    for (const pod of [...entry.pods.values()]) if (pod.isDeleted) entry.pods.delete(pod.uid);
  };

  return {
    replaceJobs(jobs) {
      const byWorkload = new Map(jobs.map((job) => [job.workload, job]));
      for (const [workload, job] of byWorkload) entryOf(workload).job = job;
      for (const [workload, entry] of entries) if (!byWorkload.has(workload)) removeJob(entry);
      allChanged();
    },
    replacePods(pods) {
      const uids = new Set(pods.map(({ uid }) => uid));
      for (const pod of pods) entryOf(pod.workload).pods.set(pod.uid, pod);
      for (const entry of entries.values()) {
        for (const pod of [...entry.pods.values()]) if (!uids.has(pod.uid)) removePod(entry, pod);
      }
      allChanged();
    },
    upsertJob(job) {
      entryOf(job.workload).job = job;
      changed(job.workload);
    },
    upsertPod(pod) {
      entryOf(pod.workload).pods.set(pod.uid, pod);
      changed(pod.workload);
    },
    removeJob(workload) {
      const entry = entries.get(workload);
      if (!entry) return;
      removeJob(entry);
      changed(workload);
    },
    removePod(pod) {
      const entry = entries.get(pod.workload);
      if (!entry) return;
      removePod(entry, pod);
      changed(pod.workload);
    },
    hold() {
      isHeld = true;
    },
    release() {
      isHeld = false;
      allChanged();
    },
    statuses() {
      // Time alone makes a pod a lost one.
      allChanged();
      return [...entries.values()].flatMap(({ told }) => told ?? []);
    },
    doubtful: () =>
      [...entries].flatMap(([workload, { told, pods }]) => (isOver(told) && pods.size > 0 ? [] : workload)),
  };
}

function isOver(status: WorkloadStatus | undefined): boolean {
  return status?.phase === 'succeeded' || status?.phase === 'failed';
}
