import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import { type Cluster, explain, isDenied, refusalStatus } from './cluster.ts';
import { createDoubt } from './doubt.ts';
import { selectorOf } from './labels.ts';
import { ForbiddenError, listAll, type Page, type Reflection, type Resource, reflect } from './reflector.ts';
import { type SeenJob, type SeenPod, seeJob, seePod, seePods } from './seen.ts';
import type { JobSettings } from './settings.ts';
import type { WorkloadTable } from './workload-table.ts';

/** How often pods are listed where the role does not allow watches, milliseconds. */
const POLL = 5_000;
/** How long that goes on until a watch is tried again, milliseconds: the role may have been mended. */
const POLLING = 60_000;

/** Keeps a table up to date, until stopped. */
export interface Observer {
  /** Whether Jobs and pods have been listed since the start. */
  isSynced(): boolean;
  stop(): Promise<void>;
}

/** Watches the runners' Jobs and pods of a server; while its role allows no watch, lists the pods every 5 s instead. */
export function observe(
  cluster: Cluster,
  { namespace, serverId }: Pick<JobSettings, 'namespace' | 'serverId'>,
  table: WorkloadTable,
  log: Logger,
): Observer {
  const ending = new AbortController();
  const { signal } = ending;
  const labelSelector = selectorOf(serverId, 'runner');
  let isSynced = false;
  const jobs: Resource<V1Job> = {
    path: `/apis/batch/v1/namespaces/${namespace}/jobs`,
    labelSelector,
    doubt: createDoubt(),
    list: (page: Page) => cluster.batch.listNamespacedJob({ namespace, ...page }),
  };
  const pods: Resource<V1Pod> = {
    path: `/api/v1/namespaces/${namespace}/pods`,
    labelSelector,
    doubt: createDoubt(),
    list: (page: Page) => cluster.core.listNamespacedPod({ namespace, ...page }),
  };
  const failed = (error: unknown) =>
    log.warn({ reason: explain(error) }, 'the cluster is not watched for a moment; it is asked again');

  const watch = async () => {
    const refused = new AbortController();
    const either = AbortSignal.any([signal, refused.signal]);
    const listed = new Set<unknown>();
    const noteListed = (resource: unknown) => {
      listed.add(resource);
      if (listed.size < 2) return;
      isSynced = true;
      table.release();
    };
    table.hold();
    const both = [
      reflect(cluster, jobs, { ...jobReflection(table, () => noteListed(jobs)), failed }, either),
      reflect(cluster, pods, { ...podReflection(table, () => noteListed(pods)), failed }, either),
    ];
    try {
      await Promise.all(both);
    } finally {
      refused.abort();
      await Promise.allSettled(both);
    }
  };

  const ofPolling = createDoubt();
  const poll = async () => {
    for (const end = Date.now() + POLLING; !signal.aborted && Date.now() < end; ) {
      try {
        await lookOnce(cluster, namespace, pods, table);
        isSynced = true;
        ofPolling.end();
      } catch (error) {
        // What was known may be gone without a word.
        if (isDenied(error, ofPolling)) isSynced = false;
        failed(error);
      }
      await sleep(POLL, undefined, { signal }).catch(() => undefined);
    }
  };

  const follow = async () => {
    for (let isSaid = false; !signal.aborted; isSaid = true) {
      try {
        await watch();
      } catch (error) {
        if (!(error instanceof ForbiddenError)) throw error;
        if (!isSaid) log.warn(withoutWatch(namespace));
        await poll();
      }
    }
  };

  const running = follow();
  return {
    isSynced: () => isSynced,
    async stop() {
      ending.abort();
      await running;
    },
  };
}

function withoutWatch(namespace: string): string {
  return (
    `The server's role does not allow it to watch Jobs and pods in the namespace ${namespace}: they are listed every ` +
    `${POLL / 1000} s instead.`
  );
}

type Told<T> = Omit<Reflection<T>, 'failed'>;

function jobReflection(table: WorkloadTable, synced: () => void): Told<V1Job> {
  return {
    replace(objects) {
      table.replaceJobs(objects.flatMap((job) => seeJob(job) ?? []));
      synced();
    },
    upsert: (object) => ifSeen(seeJob(object), (job: SeenJob) => table.upsertJob(job)),
    remove: (object) => ifSeen(seeJob(object), (job: SeenJob) => table.removeJob(job.workload)),
  };
}

function podReflection(table: WorkloadTable, synced: () => void): Told<V1Pod> {
  return {
    replace(objects) {
      table.replacePods(seePods(objects));
      synced();
    },
    upsert: (object) => ifSeen(seePod(object), (pod: SeenPod) => table.upsertPod(pod)),
    remove: (object) => ifSeen(seePod(object), (pod: SeenPod) => table.removePod(pod)),
  };
}

function ifSeen<T>(seen: T | undefined, then: (seen: T) => void): void {
  if (seen !== undefined) then(seen);
}

/**
 * One look with the smaller role: all pods by a list, and each Job that they tell too little of by its name. Where it breaks
 * off nothing is told until the next one: a pod that failed means another thing where its Job makes a new one.
 */
async function lookOnce(
  { batch }: Cluster,
  namespace: string,
  pods: Resource<V1Pod>,
  table: WorkloadTable,
): Promise<void> {
  table.hold();
  table.replacePods(seePods((await listAll(pods)).objects));
  for (const name of table.doubtful()) {
    try {
      ifSeen(seeJob(await batch.readNamespacedJob({ name, namespace })), (job) => table.upsertJob(job));
    } catch (error) {
      if (refusalStatus(error) !== 404) throw error;
      table.removeJob(name);
    }
  }
  table.release();
}
