import {
  ApiException,
  type BatchV1Api,
  type CoreV1Api,
  type V1Job,
  type V1Pod,
  type V1Secret,
} from '@kubernetes/client-node';
import { BUILDER_CONTAINER } from './builder-job.ts';

/** What builders need of a cluster: no more than the documented permissions, watches left out. */
export interface BuilderCluster {
  /** @returns `undefined` where there is one of this name */
  createJob(job: V1Job): Promise<V1Job | undefined>;
  readJob(name: string): Promise<V1Job | undefined>;
  /** Deletes Jobs with their pods. */
  deleteJobs(labelSelector: string): Promise<void>;
  listPods(labelSelector: string): Promise<readonly V1Pod[]>;
  /** The last lines of a builder. @returns `undefined` where they cannot be read */
  readLastLines(pod: string, lines: number): Promise<string | undefined>;
  /** Leaves one of this name as it is. */
  createSecret(secret: V1Secret): Promise<void>;
}

/** Reaches a cluster through its client. */
export function createBuilderCluster(batch: BatchV1Api, core: CoreV1Api, namespace: string): BuilderCluster {
  return {
    createJob: (body) => unless(409, batch.createNamespacedJob({ namespace, body })),
    readJob: (name) => unless(404, batch.readNamespacedJob({ namespace, name })),
    async deleteJobs(labelSelector) {
      await batch.deleteCollectionNamespacedJob({ namespace, labelSelector, propagationPolicy: 'Background' });
    },
    listPods: async (labelSelector) => (await core.listNamespacedPod({ namespace, labelSelector })).items,
    async readLastLines(name, tailLines) {
      try {
        return await core.readNamespacedPodLog({ namespace, name, tailLines, container: BUILDER_CONTAINER });
      } catch (error) {
        // The pod may be gone, its container not have begun, or the role not grant logs.
        if (error instanceof ApiException && [400, 403, 404].includes(error.code)) return undefined;
        throw error;
      }
    },
    async createSecret(body) {
      await unless(409, core.createNamespacedSecret({ namespace, body }));
    },
  };
}

async function unless<Result>(code: number, call: Promise<Result>): Promise<Result | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ApiException && error.code === code) return undefined;
    throw error;
  }
}
