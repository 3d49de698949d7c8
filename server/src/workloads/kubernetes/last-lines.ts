import type { Cluster } from './cluster.ts';
import { readLogTail } from './log-tail.ts';
import type { SeenPod } from './seen.ts';

/** How many lines are read of a pod. */
const LINES = 20;
/** What is kept of one line, characters. */
const LONGEST_LINE = 1_000;
/** Of how many workloads they are remembered. */
const WORKLOADS = 200;
/** How many pods are read at once; of more that go at the same time nothing is remembered. */
const CONCURRENCY = 20;

/** The last lines of pods that are about to go: once one is gone, nobody can tell them any more. */
export interface LastLines {
  /** Reads them, if the pod is on its way out and does not tell them by itself. */
  noteGoing(pod: SeenPod): void;
  /** The last lines of a workload, oldest first; waits for what is being read. */
  of(workload: string, pods: readonly SeenPod[]): Promise<readonly string[]>;
}

/** Remembers the last lines of a namespace's pods. */
export function createLastLines(cluster: Cluster, namespace: string): LastLines {
  const remembered = new Map<string, readonly string[]>();
  const reading = new Map<string, Promise<void>>();

  const remember = (workload: string, lines: readonly string[]) => {
    if (lines.length === 0) return;
    remembered.delete(workload);
    remembered.set(workload, lines);
    for (const [oldest] of remembered) {
      if (remembered.size <= WORKLOADS) break;
      remembered.delete(oldest);
    }
  };

  return {
    noteGoing(pod) {
      if (!pod.isDeleted || pod.phase === 'Succeeded' || pod.phase === 'Pending') return;
      const { workload, container } = pod;
      if (container?.lastLines) return remember(workload, toLines(container.lastLines));
      if (reading.size >= CONCURRENCY) return;
      const before = remembered.get(workload);
      const task = readTail(cluster, namespace, pod).then((lines) => {
        // What the pod has told by itself since then is newer.
        if (remembered.get(workload) === before) remember(workload, lines);
        if (reading.get(workload) === task) reading.delete(workload);
      });
      reading.set(workload, task);
    },
    async of(workload, pods) {
      const latest = pods.at(-1);
      if (latest?.container?.lastLines) return toLines(latest.container.lastLines);
      const lines = latest ? await readTail(cluster, namespace, latest) : [];
      if (lines.length > 0) return lines;
      await reading.get(workload);
      return remembered.get(workload) ?? [];
    },
  };
}

/** @returns nothing where they cannot be read: the pod may be gone, its container not have begun, or the role not allow it */
async function readTail(
  cluster: Cluster,
  namespace: string,
  { name: pod, container }: SeenPod,
): Promise<readonly string[]> {
  const tail = { namespace, pod, container: container?.name, lines: LINES, longestLine: LONGEST_LINE };
  const lines = await readLogTail(cluster, tail).catch(() => []);
  return toLines(lines.join('\n'));
}

function toLines(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trimEnd().slice(0, LONGEST_LINE));
  return lines.filter((line) => line !== '').slice(-LINES);
}
