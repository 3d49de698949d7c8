import type { RequestContext } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import type { Finding } from '../../workloads/manager.ts';
import { checkRunnable, orchestratorImage } from './run-checks.ts';
import { loadRunSource } from './run-source-read-model.ts';
import type { DerivationRequest } from './snapshot-derivation-service.ts';
import type { SnapshotRunsService } from './snapshot-runs-service.ts';

/** Says what would keep a run of this image from being started; see the workload manager's method. */
export type Preflight = (snapshotImage: string | undefined) => Promise<readonly Finding[]>;

/** What a dry run answers: beyond the contract, which knows none. */
export interface DryRunAnswer {
  /** Whether nothing is in the way; warnings are not. */
  readonly ready: boolean;
  readonly findings: readonly Finding[];
}

/** Ends a transaction whose writes are not wanted. */
class NotWanted extends Error {}

/** Whether a run is only to be tried: `dry_run=true` in the query. */
export function asksForDryRun({ url }: Pick<RequestContext, 'url'>): boolean {
  return new URLSearchParams(url.split('?')[1] ?? '').get('dry_run') === 'true';
}

/**
 * Does all that a request to run a snapshot does, takes it back, and asks the workload manager.
 * @throws what the request itself is refused with
 */
export async function tryRun(
  db: Database,
  snapshotRuns: SnapshotRunsService,
  preflight: Preflight,
  request: DerivationRequest,
): Promise<DryRunAnswer> {
  try {
    await db.transaction().execute(async (transaction) => {
      await snapshotRuns.run(transaction, request);
      throw new NotWanted();
    });
  } catch (error) {
    if (!(error instanceof NotWanted)) throw error;
  }
  const source = await loadRunSource(db, request.snapshotId);
  const findings = await preflight(source && orchestratorImage(checkRunnable(source)));
  return { ready: findings.every(({ severity }) => severity !== 'error'), findings };
}
