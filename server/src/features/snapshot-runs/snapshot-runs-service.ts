import type { Complete } from '../../contract/completion.ts';
import type { Transaction } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import type { Json } from '../../json.ts';
import type { Launch, LaunchRequest } from '../../workloads/launch.ts';
import type { RunRequest } from '../runs/run-creation.ts';
import type { RunsService } from '../runs/runs-service.ts';
import { recordExecution } from '../triggers/triggers-service.ts';
import { toRunRequest } from './run-requests.ts';
import { holdPipeline, loadSnapshotContents, type RunSource } from './run-source-read-model.ts';
import { createDeriveSnapshot, type DerivationRequest, loadRunnable } from './snapshot-derivation-service.ts';

/** Puts a run in the queue of launches. @throws ApiError MaxConcurrentTasksError 429 where the queue is full */
export type EnqueueLaunch = (transaction: Transaction, request: LaunchRequest) => Promise<Launch>;

/** Runs snapshots from the server. */
export interface SnapshotRunsService {
  /**
   * Writes the derived snapshot, its placeholder run and the launch that waits for the dispatcher.
   * @returns the run's database id.
   * @throws ApiError ValueError 400, KeyError 404, EntityExistsError 409, MaxConcurrentTasksError 429
   */
  run(transaction: Transaction, request: DerivationRequest): Promise<string>;
  /**
   * Runs a snapshot as it is, which was derived before.
   * @returns the run's database id.
   * @throws ApiError ValueError 400, KeyError 404, IllegalOperationError 403 for an archived trigger,
   *   MaxConcurrentTasksError 429
   */
  runDerived(transaction: Transaction, request: DerivedRunRequest): Promise<string>;
}

/** A request to run a derived snapshot; ids in database form. */
export interface DerivedRunRequest {
  readonly snapshotId: string;
  readonly userId: string;
  /** What has triggered the run, and what is to be noted of that. */
  readonly trigger?: { readonly id: string; readonly info: Json | null };
}

/** What the service is made of. */
export interface SnapshotRunsParts {
  readonly complete: Complete;
  readonly runs: RunsService;
  readonly enqueueLaunch: EnqueueLaunch;
}

/** Makes the service. */
export function createSnapshotRunsService({ complete, runs, enqueueLaunch }: SnapshotRunsParts): SnapshotRunsService {
  const derive = createDeriveSnapshot(complete);
  const begin = async (transaction: Transaction, { projectId }: RunSource, request: RunRequest, userId: string) => {
    const { id: runId } = await runs.getOrCreate(transaction, request, { projectId, userId });
    const snapshotId = toDatabaseId(request.snapshot);
    await enqueueLaunch(transaction, { projectId, userId, runId, snapshotId, kind: 'start' });
    return runId;
  };

  return {
    async run(transaction, request) {
      const { snapshotId, source, derived } = await derive(transaction, request);
      return begin(transaction, source, toRunRequest(source, derived, request, snapshotId), request.userId);
    },

    async runDerived(transaction, { snapshotId, userId, trigger }) {
      const source = await loadRunnable(transaction, snapshotId);
      const contents = await loadSnapshotContents(transaction, snapshotId);
      await holdPipeline(transaction, source.pipelineId);
      const runId = await begin(transaction, source, toRunRequest(source, contents, {}, snapshotId), userId);
      if (trigger) await recordExecution(transaction, { triggerId: trigger.id, runId, info: trigger.info });
      return runId;
    },
  };
}
