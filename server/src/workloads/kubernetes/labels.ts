import type { WorkloadOwner } from '../manager.ts';

/** The labels and annotations by which Jobs and pods of ours are found and told apart. */
export const LABELS = {
  managedBy: 'app.kubernetes.io/managed-by',
  component: 'app.kubernetes.io/component',
  server: 'zenml.io/server-id',
  workload: 'zenml.io/workload',
  /** Another for each Job of a builder, where its name is not. */
  build: 'zenml.io/build-id',
  run: 'zenml.io/run-id',
  launch: 'zenml.io/launch',
  snapshot: 'zenml.io/snapshot-id',
  pipeline: 'zenml.io/pipeline-id',
  project: 'zenml.io/project-id',
  user: 'zenml.io/user-id',
} as const;

const MANAGED_BY = 'zenml-workspace-server';

/** What a Job runs. */
export type Component = 'runner' | 'builder';

/** What tells a server's Jobs of a kind from all others in the namespace. */
export function selectorOf(serverId: string, component: Component): string {
  return `${LABELS.server}=${serverId},${LABELS.component}=${component}`;
}

/** The selector of one workload's Job, pods and Secret. */
export function selectorOfWorkload(name: string): string {
  return `${LABELS.workload}=${name}`;
}

/** The selector of builders' Jobs and pods. */
export function selectorOfBuilds(buildIds: readonly string[]): string {
  return `${LABELS.build} in (${buildIds.join(', ')})`;
}

/** The labels of a Job, its pods and its Secret. Ids fit the 63 characters of a label. */
export function labelsOf(
  { serverId, component, name, launchNumber }: LabelledWorkload,
  owner: WorkloadOwner,
): Record<string, string> {
  return {
    [LABELS.managedBy]: MANAGED_BY,
    [LABELS.component]: component,
    [LABELS.server]: serverId,
    [LABELS.workload]: name,
    [LABELS.run]: owner.runId,
    [LABELS.launch]: String(launchNumber),
    [LABELS.snapshot]: owner.snapshotId,
    [LABELS.project]: owner.projectId,
    ...(owner.pipelineId && { [LABELS.pipeline]: owner.pipelineId }),
    ...(owner.userId && { [LABELS.user]: owner.userId }),
  };
}

/** Whose labels. */
export interface LabelledWorkload {
  readonly serverId: string;
  readonly component: Component;
  readonly name: string;
  readonly launchNumber: number;
}

/** Names, which labels cannot hold as they are. */
export function annotationsOf(owner: WorkloadOwner): Record<string, string> {
  return {
    'zenml.io/run-name': owner.runName,
    ...(owner.pipelineName && { 'zenml.io/pipeline-name': owner.pipelineName }),
  };
}
