import type { PodFailurePolicy, PodResources, Toleration } from '../../config/kubernetes-formats.ts';

/** How Jobs are made, whatever they run. */
export interface JobSettings {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly podResources: PodResources | undefined;
  readonly nodeSelector: Readonly<Record<string, string>> | undefined;
  readonly tolerations: readonly Toleration[] | undefined;
  readonly ttlSecondsAfterFinished: number;
  readonly backoffLimit: number;
  readonly podFailurePolicy: PodFailurePolicy | undefined;
  /** What pods pull their images with, beside what their service account brings. */
  readonly pullSecret: string | undefined;
  /** User and group of the runner's container; 0 for images that need root. */
  readonly userId: number;
  /** Whose Jobs they are: several servers may share a namespace. A UUID. */
  readonly serverId: string;
}
