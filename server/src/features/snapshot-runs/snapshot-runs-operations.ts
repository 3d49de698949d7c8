import type { Model, OperationId } from '../../contract/operation-types.ts';
import type { Handlers, OperationRequest } from '../../contract/registry.ts';
import { Reply } from '../../contract/reply.ts';
import type { Database, Transaction } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { FULL, one } from '../../listing/page.ts';
import { loadRuns } from '../runs/runs-read-model.ts';
import { asksForDryRun, type Preflight, tryRun } from './dry-run.ts';
import { snapshotOfRun, snapshotOfTemplate } from './run-source-read-model.ts';
import type { DerivationRequest } from './snapshot-derivation-service.ts';
import type { SnapshotRunsService } from './snapshot-runs-service.ts';

/** The parts that starting runs needs. */
export interface SnapshotRunsOperationsParts {
  readonly db: Database;
  readonly snapshotRuns: SnapshotRunsService;
  readonly preflight: Preflight;
}

/** The operations that start runs; absent where the server has no workload manager. */
export function snapshotRunsOperations({ db, snapshotRuns, preflight }: SnapshotRunsOperationsParts) {
  /** Starts a run, or tries to. @param find what is to be run; called in the transaction of the request */
  const start = async (
    { identity, context, transaction }: Pick<OperationRequest<OperationId>, 'identity' | 'context' | 'transaction'>,
    find: (tx: Transaction) => Promise<Omit<DerivationRequest, 'userId'>>,
  ): Promise<Model<'PipelineRunResponse'> | Reply<never>> => {
    const userId = toDatabaseId(identity.user.id);
    const findRequest = async (tx: Transaction) => ({ ...(await find(tx)), userId });
    if (asksForDryRun(context)) {
      const raw = JSON.stringify(await tryRun(db, snapshotRuns, preflight, findRequest));
      return new Reply<never>(undefined, { raw, headers: { 'Content-Type': 'application/json' } });
    }
    return transaction(async (tx) => {
      const id = await snapshotRuns.run(tx, await findRequest(tx));
      return one(await loadRuns(tx, [id], FULL), id);
    });
  };

  return {
    create_snapshot_run_api_v1_pipeline_snapshots__snapshot_id__runs_post: (request) =>
      start(request, async () => ({
        snapshotId: toDatabaseId(request.path.snapshot_id),
        configuration: request.body.run_configuration,
        stepRunId: request.body.step_run,
      })),

    create_template_run_api_v1_run_templates__template_id__runs_post: (request) =>
      start(request, async (tx) => {
        const templateId = toDatabaseId(request.path.template_id);
        const snapshotId = await snapshotOfTemplate(tx, templateId);
        return { snapshotId, templateId, configuration: request.body };
      }),

    replay_run_api_v1_runs__run_id__replay_post: (request) =>
      start(request, async (tx) => {
        const originalRunId = toDatabaseId(request.path.run_id);
        const snapshotId = await snapshotOfRun(tx, originalRunId);
        return { snapshotId, originalRunId, configuration: request.body };
      }),
  } satisfies Handlers;
}
