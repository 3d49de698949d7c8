import type { Logger } from 'pino';
import { type Check, findAll } from '../findings.ts';
import type { ImagePreparation } from '../images/image-preparation.ts';
import {
  type FindBuilders,
  type LogReading,
  WorkloadError,
  type WorkloadLogLine,
  type WorkloadManager,
  type WorkloadStatus,
} from '../manager.ts';
import { type Cluster, explain, isDenied, refusalStatus } from './cluster.ts';
import { diagnoseCluster } from './diagnosis.ts';
import { createDoubt } from './doubt.ts';
import { findWarning, listEvents } from './events.ts';
import { selectorOfWorkload } from './labels.ts';
import { createLastLines } from './last-lines.ts';
import { launchJob } from './launch-job.ts';
import { type Observer, observe } from './observer.ts';
import { readPodLogs } from './pod-log.ts';
import { createSecretsPlace } from './secrets-place.ts';
import { type SeenPod, seeJob, seePods } from './seen.ts';
import type { JobSettings } from './settings.ts';
import { statusOf } from './workload-status.ts';
import { createWorkloadTable, type WorkloadTable } from './workload-table.ts';

/** Runs runners as Jobs of a cluster. */
export function createKubernetesWorkloadManager(
  cluster: Cluster,
  settings: JobSettings,
  images: ImagePreparation,
  log: Logger,
  findBuilders: FindBuilders,
): WorkloadManager {
  const { namespace } = settings;
  const listeners = new Set<(status: WorkloadStatus) => void>();
  const table = createWorkloadTable((status) => {
    for (const listener of listeners) listener(status);
  });
  const lastLines = createLastLines(cluster, namespace);
  const secretsPlace = createSecretsPlace(cluster, namespace);
  const asking = createDoubt();
  let observer: Observer | undefined;
  const onChange: WorkloadManager['onChange'] = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };

  const checks: readonly Check[] = [() => diagnoseCluster(cluster, settings), () => images.diagnose()];

  return {
    async start() {
      observer = observe(cluster, settings, withPods(table, lastLines.noteGoing), log);
    },
    stop: async () => observer?.stop(),
    diagnose: () => findAll(checks),
    preflight: (ofSnapshot) => findAll([...checks, () => images.examine(ofSnapshot)]),
    prepareImage: (request, signal) => images.prepare(request, signal),
    async launch(workload) {
      const job = await launchJob(cluster, workload, settings, secretsPlace);
      const seen = seeJob(job);
      // Not to be missed where only pods are listed.
      if (seen) table.upsertJob(seen);
    },
    async status(name) {
      try {
        const status = await readStatus(cluster, namespace, name);
        asking.end();
        return status;
      } catch (error) {
        if (!isDenied(error, asking)) throw error;
        const problem = `The server may not look after Jobs in the namespace ${namespace} any more`;
        throw new WorkloadError(`${problem}: ${explain(error)}`, { cause: error });
      }
    },
    async lastSeen(name) {
      const labelSelector = selectorOfWorkload(name);
      const pods = await cluster.core.listNamespacedPod({ namespace, labelSelector }).then(
        ({ items }) => seePods(items),
        () => [],
      );
      const [events, lines] = await Promise.all([listEvents(cluster, namespace, name), lastLines.of(name, pods)]);
      return { events, lastLines: lines };
    },
    async list() {
      if (!observer?.isSynced()) throw new Error('The cluster has not said yet what runs in it.');
      return table.statuses();
    },
    async remove(name) {
      // Also the smaller role may do this. Pods and Secret go with their Job.
      await cluster.batch.deleteCollectionNamespacedJob({
        namespace,
        labelSelector: selectorOfWorkload(name),
        propagationPolicy: 'Background',
      });
    },
    onChange,
    readLog: (name: string, reading: LogReading): AsyncIterable<WorkloadLogLine> =>
      readPodLogs({ cluster, namespace, findBuilders, onChange }, name, reading),
  };
}

/** A table whose pods are shown to `note` first. */
function withPods(table: WorkloadTable, note: (pod: SeenPod) => void): WorkloadTable {
  return {
    ...table,
    replacePods(pods) {
      pods.forEach(note);
      table.replacePods(pods);
    },
    upsertPod(pod) {
      note(pod);
      table.upsertPod(pod);
    },
  };
}

/** Asks the cluster, with what events say of a workload that does not get on. */
async function readStatus(cluster: Cluster, namespace: string, name: string): Promise<WorkloadStatus> {
  const [job, { items }] = await Promise.all([
    cluster.batch.readNamespacedJob({ namespace, name }).catch((error: unknown) => {
      if (refusalStatus(error) === 404) return undefined;
      throw error;
    }),
    cluster.core.listNamespacedPod({ namespace, labelSelector: selectorOfWorkload(name) }),
  ]);
  const pods = seePods(items);
  const status = statusOf(job && seeJob(job), pods);
  if (!status) return { name, runId: '', launchNumber: 0, phase: 'absent', reason: undefined, since: undefined };
  if (status.phase !== 'pending' || status.reason !== undefined) return status;
  return { ...status, reason: await findWarning(cluster, namespace, pods.at(-1)?.name ?? name) };
}
