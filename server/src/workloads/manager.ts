import type { LaunchKind } from './launch.ts';

/** What a workload manager runs: one start of a run (or one resumption) as one container. */
export interface Workload {
  /** Its name wherever it lives: Job, Secret, log prefix. Derived from run and launch, so that a retry finds the first. */
  readonly name: string;
  readonly runId: string;
  /** 1 for the start of a run, 2 and on for its resumptions. */
  readonly launchNumber: number;
  readonly kind: LaunchKind;
  readonly image: string;
  readonly command: readonly string[];
  readonly arguments: readonly string[];
  /** What anyone may read in the pod's description. */
  readonly environment: Readonly<Record<string, string>>;
  /** What nobody may: tokens. */
  readonly secretEnvironment: Readonly<Record<string, string>>;
  /** Whether something of the stack authenticates at the cluster as the pod's service account. */
  readonly needsClusterAccess: boolean;
  readonly describedBy: WorkloadOwner;
}

/** Whose workload it is, for labels, annotations and messages. Ids are UUIDs with hyphens. */
export interface WorkloadOwner {
  readonly runId: string;
  readonly runName: string;
  readonly snapshotId: string;
  readonly pipelineId: string | undefined;
  readonly pipelineName: string | undefined;
  readonly projectId: string;
  readonly userId: string | undefined;
}

/** An image to find in the registry or else to build. */
export interface ImageRequest {
  readonly workloadName: string;
  readonly owner: WorkloadOwner;
  /** The snapshot's own image of its orchestrator, as its build names it. */
  readonly snapshotImage: string | undefined;
  /** What a runner of this stack needs, for managers that build. */
  readonly dockerfile: string;
  /** Told of each builder that it waits for, its own or another workload's, by an id of at most 63 characters. */
  readonly onBuilder?: (buildId: string) => void;
}

/** The images of a snapshot, as its build names them. */
export interface SnapshotImages {
  /** Its orchestrator's, which runners have where they have none of their own. */
  readonly orchestrator: string | undefined;
  /** Those of its orchestrator and its steps, each once. */
  readonly all: readonly string[];
}

/** How far a workload has come. `absent`: nothing of it exists (any more). */
export type WorkloadPhase = 'absent' | 'pending' | 'running' | 'succeeded' | 'failed';

/** What is seen of a workload. */
export interface WorkloadStatus {
  readonly name: string;
  readonly runId: string;
  readonly launchNumber: number;
  readonly phase: WorkloadPhase;
  /** In words, for the run's status reason: `the image … cannot be pulled: not found`, `killed: out of memory (limit 700Mi)`. */
  readonly reason: string | undefined;
  /** When it was made, or last changed its phase; UTC. */
  readonly since: Date | undefined;
}

/** What can still be told of a workload that did not do its work. */
export interface LastSeen {
  /** What the cluster reported of it, oldest first: `2026-01-31T08:15:00Z Warning FailedScheduling of pod x: …`. */
  readonly events: readonly string[];
  /** The end of its log, also where that is gone by now. */
  readonly lastLines: readonly string[];
}

/** Something that keeps workloads from running, or could. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  /** One line: what is wrong. */
  readonly problem: string;
  /** One line, or a manifest to apply: what mends it. */
  readonly fix: string;
}

/** One line of a workload's log. `cursor` names the place after it, the same in the live and in the archived log. */
export interface WorkloadLogLine {
  readonly cursor: string;
  readonly message: string;
  /** When the container printed it; UTC. */
  readonly timestamp: Date | undefined;
  /** Whether lines before it are gone: the node had rotated the log before it was read on. */
  readonly isAfterGap?: boolean;
}

/** Where to read a log. */
export interface LogReading {
  /** Lines after this cursor; from the beginning without one. */
  readonly after?: string;
  /** Whether to wait for more while the workload lives. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** Finds the builders that a workload has waited for: what it was told by `onBuilder`, in whichever replica. */
export type FindBuilders = (workloadName: string) => Promise<readonly string[]>;

/** What all replicas know of builders, by their ids. */
export interface Builders {
  readonly find: FindBuilders;
  /** Whether a launch that is still to be made has waited for one. */
  isAwaited(buildId: string): Promise<boolean>;
}

/** Runs workloads. Every method may be called again after a crash, from any replica, and then does nothing twice. */
export interface WorkloadManager {
  /** Begins to watch. Problems that time may heal are found by `diagnose`, and do not throw. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Everything that is wrong with cluster, permissions and configuration now. */
  diagnose(): Promise<readonly Finding[]>;
  /** Everything that would keep a run of these images from running now, as far as it can be told before it is tried. */
  preflight(images: SnapshotImages): Promise<readonly Finding[]>;
  /**
   * The image for a workload: found, or built and pushed first.
   * @throws {WorkloadError} with the reason, where there is none
   */
  prepareImage(request: ImageRequest, signal: AbortSignal): Promise<string>;
  /**
   * Has the workload run; returns when its Job exists.
   * @throws {WorkloadError} where it is refused for good; any other error is worth another try
   */
  launch(workload: Workload): Promise<void>;
  /** @throws {WorkloadError} where it may not be asked for: any other error passes */
  status(name: string): Promise<WorkloadStatus>;
  /** What was seen last of a workload, be it gone or not. What cannot be found out is left out; it does not throw. */
  lastSeen(name: string): Promise<LastSeen>;
  /** Everything of ours that exists, also what is finished. @throws where that is not known (yet) */
  list(): Promise<readonly WorkloadStatus[]>;
  /** Removes all that belongs to a workload, images apart. */
  remove(name: string): Promise<void>;
  /** Told of each change of a workload; a watch that was lost is caught up with. @returns a function that ends it */
  onChange(listener: (status: WorkloadStatus) => void): () => void;
  /** A workload's log: from where it runs while it lives, else from where it is kept. */
  readLog(name: string, reading: LogReading): AsyncIterable<WorkloadLogLine>;
}

/** A workload cannot run, and another try would end the same. Its message becomes the run's status reason. */
export class WorkloadError extends Error {
  override name = 'WorkloadError';
}
