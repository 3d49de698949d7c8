import type { Complete } from '../../contract/completion.ts';
import type { Model } from '../../contract/operation-types.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { toDatabaseInstant } from '../../database/instants.ts';
import { inTransaction } from '../../database/transaction.ts';
import { type Lister, loadOne } from '../../listing/lister.ts';
import { depthOf, FULL, type Loader, one } from '../../listing/page.ts';
import type { Maintenance } from '../maintenance.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { SNAPSHOT_LIST } from './snapshots-list.ts';
import { loadSnapshots } from './snapshots-read-model.ts';
import { createSnapshot, removeSnapshot, updateSnapshot } from './snapshots-service.ts';
import { countPrunable, type Prunable, pruneBatch } from './snapshots-store.ts';

/** The parts that the operations on snapshots need. */
export interface SnapshotsParts {
  readonly db: Database;
  readonly list: Lister;
  readonly complete: Complete;
  readonly maintenance: Maintenance;
}

/** The operations on pipeline snapshots. */
export function snapshotsOperations({ db, list, complete, maintenance }: SnapshotsParts) {
  return {
    list_pipeline_snapshots_api_v1_pipeline_snapshots_get: (request) => list(SNAPSHOT_LIST, request),

    async get_pipeline_snapshot_api_v1_pipeline_snapshots__snapshot_id__get({ path, query }) {
      const steps = query.step_configuration_filter ?? undefined;
      const load: Loader<Model<'PipelineSnapshotResponse'>> = (connection, ids, depth) =>
        loadSnapshots(connection, ids, depth, { steps, withForm: query.include_config_schema ?? false });
      return loadOne(db, load, path.snapshot_id, depthOf(query.hydrate), 'pipeline snapshot');
    },

    create_pipeline_snapshot_api_v1_pipeline_snapshots_post: ({ body, query, identity, transaction }) =>
      transaction(async (tx) => {
        const project = await findProject(tx, query.project_name_or_id ?? body.project);
        const scope = { projectId: project.id, userId: toDatabaseId(identity.user.id) };
        const id = await createSnapshot(tx, complete, body, scope);
        return one(await loadSnapshots(tx, [id], FULL), id);
      }),

    update_pipeline_snapshot_api_v1_pipeline_snapshots__snapshot_id__put: ({ path, body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.snapshot_id);
        await updateSnapshot(tx, id, body, toDatabaseId(identity.user.id));
        return one(await loadSnapshots(tx, [id], FULL), id);
      }),

    delete_pipeline_snapshot_api_v1_pipeline_snapshots__snapshot_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        await removeSnapshot(tx, toDatabaseId(path.snapshot_id));
        return null;
      }),

    async prune_pipeline_snapshots_api_v1_pipeline_snapshots_prune_post({ body }) {
      const criteria = { projectId: toDatabaseId(body.project), olderThan: toDatabaseInstant(body.older_than) };
      if (!body.apply) return { snapshot_count: await countPrunable(db, criteria), task_id: null };
      const taskId = maintenance.submit('prune snapshots', () => prune(db, criteria));
      return { snapshot_count: null, task_id: taskId };
    },
  } satisfies Handlers;
}

/** Snapshots deleted per transaction. */
const PRUNE_BATCH = 250;

/** Each batch looks again: what only deleted snapshots needed is deleted by a later one. */
async function prune(db: Database, criteria: Prunable): Promise<{ deleted: number }> {
  let deleted = 0;
  for (;;) {
    const batch = await inTransaction(db, (transaction) => pruneBatch(transaction, criteria, PRUNE_BATCH));
    if (batch === 0) return { deleted };
    deleted += batch;
  }
}
