import { createOwnFlag } from '../../contract/own-flag.ts';
import type { Database, Transaction } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import { ApiError } from '../../errors.ts';
import type { Finding, SnapshotImages } from '../../workloads/manager.ts';
import { imagesOf, type RunnableSource } from './run-checks.ts';
import { type DerivationRequest, loadRunnable } from './snapshot-derivation-service.ts';
import type { SnapshotRunsService } from './snapshot-runs-service.ts';

/** Says what would keep a run of these images from being started; see the workload manager's method. */
export type Preflight = (images: SnapshotImages) => Promise<readonly Finding[]>;

/** What a dry run answers: beyond the contract, which knows none. */
export interface DryRunAnswer {
  /** Whether nothing is in the way; warnings are not. */
  readonly ready: boolean;
  readonly findings: readonly Finding[];
}

/** Whether a run is only to be tried. What is neither true nor false is refused: it must not start a run. */
export const asksForDryRun = createOwnFlag('dry_run');

/** What a run was found to be by trying it. Thrown, for its transaction's writes are not wanted. */
class Tried extends Error {
  readonly source: RunnableSource;
  readonly findings: readonly Finding[];

  constructor(source: RunnableSource, findings: readonly Finding[]) {
    super('A dry run writes nothing.');
    this.source = source;
    this.findings = findings;
  }
}

/**
 * Does all that a request to run a snapshot does, takes it back, and asks the workload manager.
 * @param findRequest called in the transaction of the trial
 * @throws what the request itself is refused with, but for a full queue, which is a finding
 */
export async function tryRun(
  db: Database,
  snapshotRuns: SnapshotRunsService,
  preflight: Preflight,
  findRequest: (transaction: Transaction) => Promise<DerivationRequest>,
): Promise<DryRunAnswer> {
  const { source, findings: own } = await inTransaction(db, async (transaction): Promise<Tried> => {
    const request = await findRequest(transaction);
    const found = await snapshotRuns.run(transaction, request).then(() => [], findingOf);
    throw new Tried(await loadRunnable(transaction, request.snapshotId), found);
  }).catch((error: unknown) => {
    if (error instanceof Tried) return error;
    throw error;
  });
  const findings = [...own, ...(await preflight(imagesOf(source)))];
  return { ready: findings.every(({ severity }) => severity !== 'error'), findings };
}

/** A queue that is full will have room again; what else refuses a run is the request's own mistake. */
function findingOf(error: unknown): Finding[] {
  if (!(error instanceof ApiError) || error.name !== 'MaxConcurrentTasksError') throw error;
  return [
    {
      severity: 'error',
      problem: 'As many runs of the project wait to be started as may.',
      fix: 'Wait until some have been started, or raise ZENML_WORKSPACE_MAX_QUEUED_RUNS.',
    },
  ];
}
