/** Why a run is launched: for the first time, or again after it was paused. */
export type LaunchKind = 'start' | 'resume';

/**
 * How far a launch is. `queued` waits, or is being worked on by whoever holds the claim; of a `launched` one the workload may
 * still matter to its run; of a `failed` one, which was given up, there may be a workload to remove. `over` and `cancelled`
 * are the ends.
 */
export type LaunchStatus = 'queued' | 'launched' | 'failed' | 'over' | 'cancelled';

/** A run that waits to be launched, or was: a row of `ws_launch`. Ids as the database holds them. */
export interface Launch {
  readonly id: string;
  readonly runId: string;
  readonly projectId: string;
  readonly snapshotId: string;
  /** Whose token the runner gets. */
  readonly userId: string | undefined;
  readonly kind: LaunchKind;
  /** 1, 2, … within the run. */
  readonly number: number;
  /** How often it was tried before. */
  readonly attempts: number;
}

/** What is asked for when a run is put in the queue. */
export type LaunchRequest = Pick<Launch, 'runId' | 'projectId' | 'snapshotId' | 'userId' | 'kind'>;

/**
 * Launches what the dispatcher claimed: image, then Job. It may be called again for the same launch after a crash, from
 * any replica, and then leaves one Job. `signal` ends it where the lease is lost or the run is cancelled.
 * @throws {WorkloadError} where another try would end the same; any other error is retried with growing delays
 */
export type StartLaunch = (launch: Launch, signal: AbortSignal) => Promise<void>;

/** @returns whose workload this is, by its run's database id; `undefined` where the name is no launch's */
export function parseWorkloadName(name: string): Pick<Launch, 'runId' | 'number'> | undefined {
  const [, runId, number] = /^zenml-run-([0-9a-f]{32})-(\d+)$/.exec(name) ?? [];
  return runId === undefined ? undefined : { runId, number: Number(number) };
}

/** The name of a launch's workload: a DNS label of at most 63 characters, the same from every replica. */
export function workloadName(runId: string, number: number): string {
  return `zenml-run-${runId.replaceAll('-', '')}-${number}`;
}
