import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import { fromDatabaseId, toDatabaseId } from '../../database/ids.ts';
import { inTransaction } from '../../database/transaction.ts';
import { ApiError } from '../../errors.ts';
import { noteWaitingReason } from '../../features/runs/waiting-reason.ts';
import type { FailRun } from '../dispatcher/failed-runs.ts';
import { workloadName } from '../launch.ts';
import { WorkloadError, type WorkloadManager, type WorkloadStatus } from '../manager.ts';
import { forgetDeletedRuns } from './deleted-runs.ts';
import { isToBeConfirmed, judge, type Verdict } from './judgement.ts';
import {
  closeLaunch,
  findLaunchedRun,
  findRunsWithWorkloads,
  type LaunchedRun,
  listLaunchedRuns,
} from './launched-runs.ts';

/** Keeps runs and workloads in agreement, on this replica. */
export interface Reconciler {
  stop(): Promise<void>;
}

/** What is needed for that. */
export interface ReconcilerParts {
  readonly db: Database;
  readonly manager: Pick<WorkloadManager, 'list' | 'status' | 'lastSeen' | 'remove' | 'onChange'>;
  readonly failRun: FailRun;
  readonly log: Logger;
  /** How long a workload may take to start. */
  readonly startTimeoutSeconds: number;
  /** How often everything is compared, milliseconds. */
  readonly interval?: number;
}

/** A change is acted upon at once; this finds what happened while no replica was there, or what a watch missed. */
const INTERVAL = 10_000;
/**
 * How often it is looked for the list of workloads, within one interval, before each is asked for by its name: a server that has
 * just started gets it in a moment.
 */
const PATIENCE = 10;
/** Between looks for rows of deleted runs, milliseconds. */
const FORGETTING = 600_000;
/** Runs of one statement. */
const CHUNK = 500;

/**
 * Begins to compare. Every replica does, without a leader: each action is done under a lock of the run or may be done
 * twice, and what one replica leaves undone the next comparison finds.
 */
export function startReconciler(parts: ReconcilerParts): Reconciler {
  const { db, manager, log, interval = INTERVAL } = parts;
  const ending = new AbortController();
  const { signal } = ending;
  const acting = new Set<Promise<void>>();

  const endWatch = manager.onChange((status) => {
    const task = reconcileOne(parts, status)
      .catch((error: unknown) => log.warn({ err: error, run: status.runId }, 'a change of a runner waits to be noted'))
      .finally(() => acting.delete(task));
    acting.add(task);
  });

  const compare = async () => {
    let forgotten = 0;
    let unlisted = 0;
    while (!signal.aborted) {
      try {
        const isListed = await reconcileAll(parts, unlisted >= PATIENCE, signal);
        unlisted = isListed ? 0 : unlisted + 1;
        if (Date.now() - forgotten > FORGETTING) {
          await forgetDeletedRuns(db);
          forgotten = Date.now();
        }
      } catch (error) {
        log.warn({ err: error }, 'runs and their workloads were not compared; it is tried again');
      }
      const pause = unlisted === 0 || unlisted > PATIENCE ? interval : interval / PATIENCE;
      // Replicas that were started together need not ask together.
      await sleep(pause * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  };
  const comparing = compare();
  return {
    async stop() {
      ending.abort();
      endWatch();
      await comparing;
      await Promise.all(acting);
    },
  };
}

async function reconcileOne(parts: ReconcilerParts, workload: WorkloadStatus): Promise<void> {
  const owner = { runId: toDatabaseId(workload.runId), number: workload.launchNumber };
  const launch = await findLaunchedRun(parts.db, owner);
  if (launch) await settle(parts, launch, workload);
}

/**
 * @param asksEach whether each workload is asked for by its name where they are not listed
 * @returns whether they were listed
 */
async function reconcileAll(parts: ReconcilerParts, asksEach: boolean, signal: AbortSignal): Promise<boolean> {
  const { db, log } = parts;
  // Before the workloads: what is launched meanwhile is not missed in a list that is older.
  const launches = await listLaunchedRuns(db);
  const listed = await listWorkloads(parts);
  if (!listed && !asksEach) return false;
  for (const launch of launches) {
    if (signal.aborted) break;
    const name = nameOf(launch);
    const workload = listed ? (listed.get(name) ?? absent(launch)) : await findWorkload(parts, launch);
    if (workload === 'unknown') break;
    if (workload) {
      await settle(parts, launch, workload).catch((error: unknown) =>
        log.warn({ err: error, run: launch.runId }, 'a run and its workload were not compared'),
      );
    }
  }
  if (listed) await removeOrphans(parts, [...listed.values()], signal);
  return listed !== undefined;
}

/** @returns `undefined` where the cluster has not said yet, or does not allow to ask */
async function listWorkloads({ manager }: ReconcilerParts): Promise<ReadonlyMap<string, WorkloadStatus> | undefined> {
  try {
    return new Map((await manager.list()).map((status) => [status.name, status]));
  } catch {
    return undefined;
  }
}

/** Asks for a single workload. @returns `unknown` where the cluster does not answer; `undefined` where nothing is to be said */
async function findWorkload(
  { manager, startTimeoutSeconds }: ReconcilerParts,
  launch: LaunchedRun,
): Promise<WorkloadStatus | 'unknown' | undefined> {
  try {
    return await manager.status(nameOf(launch));
  } catch (error) {
    if (!(error instanceof WorkloadError)) return 'unknown';
    // The namespace is gone, or the role: that may be mended while a runner starts.
    if (launch.secondsSinceClaim <= startTimeoutSeconds) return undefined;
    return { ...absent(launch), phase: 'failed', reason: error.message };
  }
}

async function settle(parts: ReconcilerParts, launch: LaunchedRun, seen: WorkloadStatus): Promise<void> {
  const { startTimeoutSeconds: timeout } = parts;
  const verdict = judge(launch, seen, timeout);
  if (!isToBeConfirmed(verdict, launch, seen)) return act(parts, launch, verdict);
  const workload = await findWorkload(parts, launch);
  if (workload === 'unknown' || workload === undefined) return;
  // An absent one has no labels that tell whose it was.
  await act(parts, launch, judge(launch, workload, timeout));
}

async function act(
  { db, manager, failRun, log }: ReconcilerParts,
  launch: LaunchedRun,
  verdict: Verdict,
): Promise<void> {
  const { runId } = launch;
  const remove = () => manager.remove(nameOf(launch));
  switch (verdict.action) {
    case 'wait':
    case 'ask':
      return;
    case 'close':
      return closeLaunch(db, launch);
    case 'explain':
      return noteWaitingReason(db, runId, verdict.reason);
    case 'remove':
      await remove();
      return closeLaunch(db, launch);
    case 'fail': {
      const { reason } = verdict;
      log.warn({ run: fromDatabaseId(runId), reason }, 'a runner did not begin its run');
      const lastSeen = await manager.lastSeen(nameOf(launch)).catch((error: unknown) => {
        log.warn({ err: error, run: fromDatabaseId(runId) }, 'what was last seen of a runner is not known');
        return undefined;
      });
      const hasEnded = await inTransaction(db, (transaction) => failRun(transaction, launch, reason, lastSeen)).catch(
        (error: unknown) => {
          // Deleted meanwhile: the next comparison removes its workload.
          if (error instanceof ApiError && error.name === 'KeyError') return false;
          throw error;
        },
      );
      // Its runner may have begun it while the cluster was asked.
      if (hasEnded && verdict.remove) await remove();
    }
  }
}

/** Removes the workloads of runs that were deleted or stopped, whatever is known of their launches. */
async function removeOrphans(
  { db, manager, log }: ReconcilerParts,
  workloads: readonly WorkloadStatus[],
  signal: AbortSignal,
): Promise<void> {
  for (let start = 0; start < workloads.length; start += CHUNK) {
    const chunk = workloads.slice(start, start + CHUNK);
    const kept = await findRunsWithWorkloads(db, [...new Set(chunk.map(({ runId }) => toDatabaseId(runId)))]);
    for (const { runId, name } of chunk) {
      if (kept.has(toDatabaseId(runId)) || signal.aborted) continue;
      log.info({ run: runId, workload: name }, 'the workload of a run that was stopped or deleted is removed');
      await manager
        .remove(name)
        .catch((error: unknown) =>
          log.warn({ err: error, workload: name }, 'a workload that nobody needs is removed later'),
        );
    }
  }
}

function nameOf({ runId, number }: LaunchedRun): string {
  return workloadName(runId, number);
}

function absent(launch: LaunchedRun): WorkloadStatus {
  const { runId, number: launchNumber } = launch;
  const about = { name: nameOf(launch), runId: fromDatabaseId(runId), launchNumber };
  return { ...about, phase: 'absent', reason: undefined, since: undefined };
}
