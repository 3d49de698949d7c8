import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { TEST_JOBS, testOwner, testWorkload } from '../../server/src/testing/test-workloads.ts';
import { connectCluster } from '../../server/src/workloads/kubernetes/cluster.ts';
import { createKubernetesWorkloadManager } from '../../server/src/workloads/kubernetes/kubernetes-workload-manager.ts';
import type { JobSettings } from '../../server/src/workloads/kubernetes/settings.ts';
import type {
  FindBuilders,
  Workload,
  WorkloadManager,
  WorkloadPhase,
  WorkloadStatus,
} from '../../server/src/workloads/manager.ts';
import { type Cluster, startCluster } from '../../tools/cluster/cluster.mjs';
import { busyboxImage } from '../../tools/cluster/images.mjs';
import { ensureClusterPrograms } from '../../tools/cluster/programs.mjs';
import { makeWorkloadNamespace } from '../../tools/cluster/workload-namespace.mjs';
import { reopenContainerLog } from './container-runtime.ts';

/** A cluster, and what is removed with it. */
export interface Workspace {
  readonly cluster: Cluster;
  /** Makes a namespace with the service accounts `runner` and `server`. @returns a kubeconfig of the latter */
  namespace(name: string, rules?: readonly object[]): Promise<string>;
  /** Asks for the eviction of a pod, as `kubectl drain` does. */
  evict(namespace: string, pod: string): Promise<void>;
  /** Where the node writes what the pod of a workload logs. */
  logFile(namespace: string, workload: string): string;
  /** Rotates that, as a kubelet does once it is as long as `containerLogMaxSize`. */
  rotateLog(namespace: string, workload: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a cluster of the test's own. */
export async function startWorkspace(): Promise<Workspace> {
  const cluster = await startCluster(await ensureClusterPrograms());
  const directory = mkdtempSync(join(tmpdir(), 'zenml-cluster-test-'));
  const logFile = (namespace: string, workload: string) => {
    const logs = join(dirname(cluster.kubeconfig), 'logs');
    const pod = readdirSync(logs).find((folder) => folder.startsWith(`${namespace}_${workload}-`));
    return join(logs, String(pod), 'runner', '0.log');
  };
  return {
    cluster,
    namespace: (namespace, rules) => makeWorkloadNamespace(cluster, { namespace, directory, ...(rules && { rules }) }),
    async evict(namespace, pod) {
      const file = join(directory, `eviction-of-${pod}.json`);
      const metadata = { name: pod, namespace };
      writeFileSync(file, JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata }));
      await cluster.kubectl('create', '--raw', `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`, '-f', file);
    },
    logFile,
    async rotateLog(namespace, workload) {
      const ofWorkload = ['-n', namespace, '-l', `zenml.io/workload=${workload}`];
      const path = 'jsonpath={.items[0].status.containerStatuses[0].containerID}';
      const container = await cluster.kubectl('get', 'pods', ...ofWorkload, '-o', path);
      const file = logFile(namespace, workload);
      renameSync(file, `${file}.rotated`);
      await reopenContainerLog(join(dirname(cluster.kubeconfig), 'containerd.sock'), container.replace(/^.*:\/\//, ''));
    },
    async stop() {
      await cluster.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A manager, and what it told. */
export interface Watched {
  readonly manager: WorkloadManager;
  /** Warnings that it logged. */
  readonly warnings: readonly string[];
  /** The newest status of a workload once it has this phase and, where given, a reason that matches. */
  reaches(name: string, phase: WorkloadPhase, reason?: RegExp): Promise<WorkloadStatus>;
}

/** What a manager may be given besides its settings. */
export interface ManagerOptions {
  /** Of the kubeconfig; its current one where left out. */
  readonly context?: string;
  readonly findBuilders?: FindBuilders;
  /** Busybox' at once where left out. */
  readonly prepareImage?: () => Promise<string>;
}

/** Starts a manager whose server has this kubeconfig. */
export async function startManager(
  kubeconfig: string,
  given: Partial<JobSettings>,
  { context, findBuilders = async () => [], prepareImage = async () => busyboxImage }: ManagerOptions = {},
): Promise<Watched> {
  const warnings: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
  const images = {
    prepare: prepareImage,
    check: async () => [],
    examine: async () => [],
    diagnose: async () => [],
  };
  const manager = createKubernetesWorkloadManager(
    connectCluster({ kubeconfig, context }),
    { ...SETTINGS, serverId: randomUUID(), ...given },
    images,
    log,
    findBuilders,
  );
  const told = new Map<string, WorkloadStatus>();
  manager.onChange((status) => told.set(status.name, status));
  await manager.start();
  return {
    manager,
    warnings,
    async reaches(name, phase, reason = /^/) {
      for (let attempt = 0; attempt < 400; attempt += 1) {
        const status = told.get(name);
        if (status?.phase === phase && reason.test(status.reason ?? '')) return status;
        await sleep(100);
      }
      throw new Error(`${name} does not get ${phase} ${reason}; it is ${JSON.stringify(told.get(name))}.`);
    },
  };
}

const SETTINGS = { ...TEST_JOBS, namespace: 'runners', podResources: { limits: { memory: '64Mi' } } };

/** A workload that runs a shell script in busybox. */
export function shell(name: string, script: string, image = busyboxImage): Workload {
  const runId = randomUUID();
  return {
    ...testWorkload(name, runId, script),
    image,
    command: ['sh', '-c'],
    describedBy: testOwner(runId, `run of ${name}`),
  };
}

/** Waits for what happens within a minute. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    if (await condition()) return;
  }
  throw new Error('It does not happen within a minute.');
}
