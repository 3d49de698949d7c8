import type { Identity } from '../../auth/identity.ts';
import type { Model } from '../../contract/operation-types.ts';
import type { Handlers } from '../../contract/registry.ts';
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
  const run = async (
    transaction: Transaction,
    identity: Identity,
    request: Omit<DerivationRequest, 'userId'>,
  ): Promise<Model<'PipelineRunResponse'>> => {
    const id = await snapshotRuns.run(transaction, { ...request, userId: toDatabaseId(identity.user.id) });
    return one(await loadRuns(transaction, [id], FULL), id);
  };

  return {
    async create_snapshot_run_api_v1_pipeline_snapshots__snapshot_id__runs_post({
      path,
      body,
      identity,
      transaction,
      context,
    }) {
      const request = {
        snapshotId: toDatabaseId(path.snapshot_id),
        configuration: body.run_configuration,
        stepRunId: body.step_run,
      };
      if (!asksForDryRun(context)) return transaction((tx) => run(tx, identity, request));
      const userId = toDatabaseId(identity.user.id);
      const answer = await tryRun(db, snapshotRuns, preflight, { ...request, userId });
      return new Reply<never>(undefined, {
        raw: JSON.stringify(answer),
        headers: { 'Content-Type': 'application/json' },
      });
    },

    create_template_run_api_v1_run_templates__template_id__runs_post: ({ path, body, identity, transaction }) =>
      transaction(async (tx) => {
        const templateId = toDatabaseId(path.template_id);
        const snapshotId = await snapshotOfTemplate(tx, templateId);
        return run(tx, identity, { snapshotId, templateId, configuration: body });
      }),

    replay_run_api_v1_runs__run_id__replay_post: ({ path, body, identity, transaction }) =>
      transaction(async (tx) => {
        const originalRunId = toDatabaseId(path.run_id);
        const snapshotId = await snapshotOfRun(tx, originalRunId);
        return run(tx, identity, { snapshotId, originalRunId, configuration: body });
      }),
  } satisfies Handlers;
}
