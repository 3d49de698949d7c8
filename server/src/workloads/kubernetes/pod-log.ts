import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { textLines } from '../../text-lines.ts';
import { formatCursor, type LogPlace, parseCursor } from '../logs/cursor.ts';
import type { FindBuilders, LogReading, WorkloadLogLine, WorkloadManager } from '../manager.ts';
import { type Cluster, refusalStatus } from './cluster.ts';
import { selectorOfBuilds, selectorOfWorkload } from './labels.ts';
import { createPodLogLines, sinceTimeOf } from './pod-log-lines.ts';
import { inOrder, type SeenPod, seePods } from './seen.ts';
import { isLost } from './workload-status.ts';

/** Before a pod is looked at again, milliseconds; as long as it does not start, each time twice as long. */
const PAUSE = 250;
const LONGEST_PAUSE = 2_000;

/** Where pods are, and whose logs belong to whose. */
export interface PodPlace {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly findBuilders: FindBuilders;
  /** Tells of workloads that are watched: a pod whose container starts is not looked for. Builders are not among them. */
  readonly onChange: WorkloadManager['onChange'];
}

/** Reads the log of a workload from its pods, one after the other; where it waited for its image to be built, the builder's first. */
export async function* readPodLogs(
  place: PodPlace,
  name: string,
  { after, follow = false, signal = new AbortController().signal }: LogReading,
): AsyncIterable<WorkloadLogLine> {
  let read = after === undefined ? undefined : parseCursor(after);
  let attempt = read?.attempt ?? 0;
  let changed = new AbortController();
  const endWatch = place.onChange((status) => {
    if (status.name === name) changed.abort();
  });
  try {
    for (let pause = PAUSE; !signal.aborted; ) {
      changed = new AbortController();
      const pod = (await listPods(place, name, attempt))[0];
      if (!pod) return;
      attempt = attemptOf(pod);
      // One on a node that has died goes on for ever; another one may have replaced it.
      const isGone = isLost(pod, new Date());
      // A container of a service mesh may keep a pod that has nothing more to tell.
      const isOver =
        isGone || pod.phase === 'Succeeded' || pod.phase === 'Failed' || pod.container?.exitCode !== undefined;
      const isPending = pod.phase === 'Pending';
      let isWhole = true;
      if (!isPending) ({ read, isWhole } = yield* readPodLog({ ...place, pod, attempt, isGone, follow, signal }, read));
      // A pod that was not over when its log was opened is looked at once more.
      if (isOver && isWhole) attempt += 1;
      else if (!follow) return;
      else await sleep(pause, undefined, { signal: AbortSignal.any([signal, changed.signal]) }).catch(() => undefined);
      pause = isPending ? Math.min(pause * 2, LONGEST_PAUSE) : PAUSE;
    }
  } finally {
    endWatch();
  }
}

/**
 * The pods of a workload from an attempt on, and before them those of the builder of its image: they say why there may never
 * be others.
 */
async function listPods(place: PodPlace, name: string, from: number): Promise<readonly SeenPod[]> {
  const own = await selectPods(place, selectorOfWorkload(name));
  const isPastBuilder = from > 0 && own.some((pod) => attemptOf(pod) <= from);
  const builds = isPastBuilder ? [] : await place.findBuilders(name);
  const building = builds.length === 0 ? [] : await selectPods(place, selectorOfBuilds(builds));
  return inOrder([...building, ...own]).filter((pod) => attemptOf(pod) >= from);
}

async function selectPods({ cluster, namespace }: PodPlace, labelSelector: string): Promise<readonly SeenPod[]> {
  return seePods((await cluster.core.listNamespacedPod({ namespace, labelSelector })).items);
}

/** When it was made, seconds since 1970: the same however many of the pods before it are still there. */
function attemptOf({ created }: SeenPod): number {
  return Math.floor((created?.getTime() ?? 0) / 1000);
}

interface PodReading extends PodPlace {
  readonly pod: SeenPod;
  readonly attempt: number;
  /** Whether its node has died, which then does not tell its log. */
  readonly isGone: boolean;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** How far a log was read. */
interface PodRead {
  readonly read: LogPlace | undefined;
  /** Whether the stream came to its end, and did not break off. */
  readonly isWhole: boolean;
}

async function* readPodLog(reading: PodReading, after: LogPlace | undefined): AsyncGenerator<WorkloadLogLine, PodRead> {
  const { attempt, signal } = reading;
  const continues = after?.attempt === attempt;
  const stream = await open(reading, continues ? sinceTimeOf(after) : undefined);
  if (!stream) return { read: after, isWhole: true };
  const toLine = createPodLogLines(attempt);
  const last = after && formatCursor(after);
  let read = after;
  // What was read last comes again first, unless the node has rotated the log since.
  let isGap = continues;
  try {
    for await (const { text } of textLines(stream)) {
      const line = toLine(text);
      if (!line) continue;
      if (last === undefined || line.cursor > last) {
        read = line.place;
        yield isGap ? { ...line, isAfterGap: true } : line;
      }
      isGap = false;
    }
    return { read, isWhole: true };
  } catch (error) {
    // Who follows reads on; who does not must not take a part for the whole.
    if (!signal.aborted && !reading.follow) throw error;
    return { read, isWhole: false };
  } finally {
    stream.destroy();
  }
}

/** @returns nothing where the container has not started, or its pod or node is gone */
async function open({ cluster, namespace, pod, isGone, follow, signal }: PodReading, sinceTime: string | undefined) {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod.name}/log`;
  const query = {
    timestamps: 'true',
    ...(pod.container && { container: pod.container.name }),
    ...(follow && { follow: 'true' }),
    ...(sinceTime && { sinceTime }),
  };
  try {
    return (await cluster.stream(path, query, signal)) as Readable;
  } catch (error) {
    const status = refusalStatus(error);
    if (status === 400 || status === 404 || isGone || signal.aborted) return undefined;
    throw error;
  }
}
