import type { V1Job, V1Pod, V1Secret } from '@kubernetes/client-node';
import {
  type Cluster,
  explain,
  isFinalRefusal,
  isMissing,
  isThereAlready,
  refusalStatus,
} from '../kubernetes/cluster.ts';
import { findWarning } from '../kubernetes/events.ts';
import { createJobSecret } from '../kubernetes/job-secret.ts';
import { readLogTail } from '../kubernetes/log-tail.ts';
import { WorkloadError } from '../manager.ts';
import { BUILDER_CONTAINER } from './builder-job.ts';

/** What is read of a line of their log, bytes. */
const LONGEST_LINE = 8 * 1024;

/** What builders need of a cluster: no more than the documented permissions, watches left out. */
export interface BuilderCluster {
  /**
   * @returns `undefined` where there is one of this name
   * @throws {WorkloadError} where the cluster refuses it for good
   */
  createJob(job: V1Job): Promise<V1Job | undefined>;
  readJob(name: string): Promise<V1Job | undefined>;
  /** Deletes Jobs with their pods. */
  deleteJobs(labelSelector: string): Promise<void>;
  listPods(labelSelector: string): Promise<readonly V1Pod[]>;
  /** The last lines of a builder. @returns `undefined` where they cannot be read */
  readLastLines(pod: string, lines: number): Promise<string | undefined>;
  /** What the newest event warns of. @param name of a Job or a pod */
  findWarning(name: string): Promise<string | undefined>;
  /** Leaves one that is there as it is. */
  createSecret(secret: V1Secret): Promise<void>;
}

/** Reaches a cluster through its client. Errors say what was wanted. */
export function createBuilderCluster(cluster: Cluster, namespace: string): BuilderCluster {
  const { batch, core } = cluster;
  return {
    createJob: (body) =>
      ask('to build an image', () => batch.createNamespacedJob({ namespace, body }), {
        unless: isThereAlready,
        isFinal: isFinalRefusal,
      }),
    readJob: (name) => ask('for a builder', () => batch.readNamespacedJob({ namespace, name }), { unless: isMissing }),
    async deleteJobs(labelSelector) {
      const chosen = { namespace, labelSelector, propagationPolicy: 'Background' };
      await ask('to end a builder', () => batch.deleteCollectionNamespacedJob(chosen));
    },
    async listPods(labelSelector) {
      const list = await ask('for builders', () => core.listNamespacedPod({ namespace, labelSelector }));
      return list?.items ?? [];
    },
    async readLastLines(pod, lines) {
      const tail = { namespace, pod, container: BUILDER_CONTAINER, lines, longestLine: LONGEST_LINE };
      try {
        return (await readLogTail(cluster, tail)).join('\n');
      } catch (error) {
        // The pod may be gone, its container not have begun, or the role not grant logs.
        if ([400, 403, 404].includes(refusalStatus(error) ?? 0)) return undefined;
        throw error;
      }
    },
    findWarning: (name) => findWarning(cluster, namespace, name),
    createSecret: (secret) => ask("for a builder's Secret", () => createJobSecret(cluster, namespace, secret)),
  };
}

interface Exceptions {
  /** Whether a refusal is expected. */
  readonly unless?: (error: unknown) => boolean;
  readonly isFinal?: (error: unknown) => boolean;
}

async function ask<Result>(
  what: string,
  call: () => Promise<Result>,
  exceptions: Exceptions = {},
): Promise<Result | undefined> {
  try {
    return await call();
  } catch (error) {
    if (exceptions.unless?.(error)) return undefined;
    const message = `The cluster was asked ${what}: ${explain(error)}`;
    throw exceptions.isFinal?.(error)
      ? new WorkloadError(message, { cause: error })
      : new Error(message, { cause: error });
  }
}
