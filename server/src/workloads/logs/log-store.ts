import type { ArtifactStore } from '../../artifact-stores/artifact-store.ts';
import { openBucketStore } from '../../artifact-stores/bucket-store.ts';
import { GCP_MANAGER, type WorkloadConfig } from '../../config/workload-config.ts';
import type { Finding } from '../manager.ts';

/** Where the logs of runners are kept. */
export interface LogStore {
  readonly store: ArtifactStore;
  /** `s3://bucket/prefix` or `gs://bucket/prefix`. */
  readonly root: string;
}

/** Opens what is configured; nothing is sent yet. @returns `undefined` where logs are not kept */
export async function openLogStore({ managerSource, kubernetes }: WorkloadConfig): Promise<LogStore | undefined> {
  if (!kubernetes?.externalLogs) return undefined;
  const root = managerSource === GCP_MANAGER ? kubernetes.bucketGcp : kubernetes.bucketAws;
  if (root === undefined) return undefined;
  return { root, store: await openBucketStore(root, kubernetes.regionAws) };
}

/** What keeps logs from being kept. Whether they may be written shows when the first one is. */
export async function diagnoseLogStore({ store, root }: LogStore): Promise<readonly Finding[]> {
  try {
    // As a directory: it may be listed, where nothing but what lies in it may be read.
    await store.stat(`${root.replace(/\/+$/, '')}/`);
    return [];
  } catch (error) {
    const reason = error instanceof Error ? [error.name, error.message].filter((part) => part !== 'Error') : [];
    return [
      {
        severity: 'warning',
        problem: `The log store ${root} cannot be read: ${reason.join(': ') || String(error)}. Logs are gone with their pods.`,
        fix: root.startsWith('gs://')
          ? "Give the server's account `roles/storage.objectUser` on the bucket."
          : "Give the server's role s3:ListBucket on the bucket, and s3:GetObject and s3:PutObject on its objects.",
      },
    ];
  }
}
