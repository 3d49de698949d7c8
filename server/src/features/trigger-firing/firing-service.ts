import type { Database, Transaction } from '../../database/database.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { inTransaction } from '../../database/transaction.ts';
import { ApiError, valueError } from '../../errors.ts';
import type { SnapshotRunsService } from '../snapshot-runs/snapshot-runs-service.ts';
import type { Dispatch, DispatchError } from '../triggers/dispatch-state.ts';
import { noteDispatch } from '../triggers/triggers-service.ts';
import * as store from './firings-store.ts';
import type { ExecutionInfo } from './platform-events-service.ts';

/** With their pauses these take some ten minutes: so long the queue of runs may be full. */
const MAX_ATTEMPTS = 12;
/** The longest pause before another try, seconds. */
const MAX_PAUSE = 60;

/** What a firing is done with. */
export interface FiringParts {
  readonly db: Database;
  readonly snapshotRuns: SnapshotRunsService;
  /** Told of errors that nobody foresaw. */
  readonly onError: (error: unknown, firing: store.Firing) => void;
}

/**
 * Does the firing that has waited longest: starts its run, or notes why not. The firing goes in the transaction in which
 * the run is queued.
 * @returns whether there was one
 * @throws Error where the database does not answer; the firing is there still
 */
export async function fireNext({ db, snapshotRuns, onError }: FiringParts): Promise<boolean> {
  let taken: store.Firing | undefined;
  try {
    await inTransaction(db, async (transaction) => {
      taken = await store.takeFiring(transaction);
      if (!taken) return;
      const dispatch = await fire(transaction, snapshotRuns, taken);
      if (dispatch) await noteDispatch(transaction, taken.triggerId, taken.snapshotId, dispatch);
      await store.removeFiring(transaction, taken.id);
    });
  } catch (error) {
    if (!taken) throw error;
    const firing = taken;
    if (!(error instanceof ApiError)) onError(error, firing);
    await inTransaction(db, (transaction) => giveBack(transaction, firing, error));
  }
  return taken !== undefined;
}

/** @returns how it went; `undefined` where nobody waits for it any more */
async function fire(
  transaction: Transaction,
  snapshotRuns: SnapshotRunsService,
  firing: store.Firing,
): Promise<Dispatch | undefined> {
  const link = await store.lockLink(transaction, firing);
  if (!link || link.active === 0 || link.is_archived === 1) return undefined;
  const info = firing.info === null ? null : (JSON.parse(firing.info) as ExecutionInfo);
  const hindrance = await findHindrance(transaction, firing, link, info);
  if (hindrance) return hindrance;
  if (link.user_id === null) throw valueError('The user in whose name this trigger starts runs was deleted.');
  const runId = await snapshotRuns.runDerived(transaction, {
    snapshotId: firing.snapshotId,
    userId: link.user_id,
    trigger: { id: firing.triggerId, info: info && { ...info } },
  });
  return { status: 'SUCCESS', details: { run_id: fromDatabaseId(runId) } };
}

/** What keeps a trigger from running a snapshot now, as its fields say. */
async function findHindrance(
  transaction: Transaction,
  firing: store.Firing,
  link: store.FiredLink,
  info: ExecutionInfo | null,
): Promise<Dispatch | undefined> {
  const pipelineId = fromNullableId(link.pipeline_id);
  if (pipelineId !== null && info?.upstream_pipeline_ids.includes(pipelineId)) {
    return { status: 'SKIPPED_TRIGGER_CYCLE', details: { upstream_pipeline_ids: info.upstream_pipeline_ids } };
  }
  const { max_runs = null } = JSON.parse(link.configuration) as { max_runs?: number | null };
  const runs = await store.countRuns(transaction, firing, link.source_snapshot_id);
  if (max_runs !== null && runs.all >= max_runs) {
    return { status: 'SKIPPED_MAX_RUNS', details: { max_runs, run_count: runs.all } };
  }
  if (link.concurrency === 'skip' && runs.runningId !== null) {
    return { status: 'SKIPPED_CONCURRENCY', details: { running_run_id: fromDatabaseId(runs.runningId) } };
  }
  return undefined;
}

/** Notes why a firing failed. What may pass is tried again; of what will not, the user has to know. */
async function giveBack(transaction: Transaction, firing: store.Firing, error: unknown): Promise<void> {
  // Another replica may have taken it meanwhile.
  if (!(await store.holdFiring(transaction, firing))) return;
  const again = firing.attempts + 1 < attemptsFor(error);
  if (again) await store.postponeFiring(transaction, firing.id, Math.min(2 ** firing.attempts, MAX_PAUSE));
  else await store.removeFiring(transaction, firing.id);
  const { triggerId, snapshotId } = firing;
  await noteDispatch(transaction, triggerId, snapshotId, { status: 'ERROR', error: toDispatchError(error, again) });
}

/** How often a firing is tried that ends so. */
function attemptsFor(error: unknown): number {
  if (!(error instanceof ApiError) || error.name === 'MaxConcurrentTasksError') return MAX_ATTEMPTS;
  // A name that was taken: most names have the time in them.
  return error.name === 'EntityExistsError' ? 3 : 1;
}

function toDispatchError(error: unknown, again: boolean): DispatchError {
  if (error instanceof ApiError) {
    return { type: error.name, message: error.message, severity: again ? 'Minor' : 'Major' };
  }
  const message = 'An unexpected error occurred; the log of the server has it.';
  return { type: 'RuntimeError', message, severity: again ? 'Minor' : 'Critical' };
}
