import type { Model } from '../../contract/operation-types.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Database, Transaction } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { loadRunDag } from './dag/run-dag-read-model.ts';
import { createSnapshotViews } from './dag/step-views-cache.ts';
import { deleteRun } from './run-deletion.ts';
import { RUN_LIST } from './runs-list.ts';
import { loadRuns } from './runs-read-model.ts';
import type { RunsService } from './runs-service.ts';

/** The parts that the operations on pipeline runs need. */
export interface RunsParts {
  readonly db: Database;
  readonly list: Lister;
  readonly runs: RunsService;
}

const TYPE = 'pipeline run';

const loadWhole = async (transaction: Transaction, id: string): Promise<Model<'PipelineRunResponse'>> =>
  one(await loadRuns(transaction, [id], FULL), id);

/** The operations on pipeline runs. */
export function runsOperations({ db, list, runs }: RunsParts) {
  const snapshotViews = createSnapshotViews();
  return {
    list_runs_api_v1_runs_get(request) {
      const options = { fullMetadata: request.query.include_full_metadata };
      const load: typeof RUN_LIST.load = (connection, ids, depth) => loadRuns(connection, ids, depth, options);
      return list({ ...RUN_LIST, load }, request);
    },

    get_run_api_v1_runs__run_id__get({ path, query }) {
      const options = { fullMetadata: query.include_full_metadata, pythonPackages: query.include_python_packages };
      const load: typeof RUN_LIST.load = (connection, ids, depth) => loadRuns(connection, ids, depth, options);
      return loadOne(db, load, path.run_id, depthOf(query.hydrate), TYPE);
    },

    get_or_create_pipeline_run_api_v1_runs_post: ({ body, query, identity, transaction }) =>
      transaction(async (tx) => {
        const project = await findProject(tx, query.project_name_or_id ?? body.project);
        const requester = { projectId: project.id, userId: toDatabaseId(identity.user.id) };
        const { id, created } = await runs.getOrCreate(tx, body, requester);
        return [await loadWhole(tx, id), created] as [Model<'PipelineRunResponse'>, boolean];
      }),

    update_run_api_v1_runs__run_id__put: ({ path, body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.run_id);
        await runs.update(tx, id, body, toDatabaseId(identity.user.id));
        return loadWhole(tx, id);
      }),

    get_run_dag_api_v1_runs__run_id__dag_get: ({ path, query }) =>
      loadRunDag(db, snapshotViews, toDatabaseId(path.run_id), query.include_step_metadata ?? []),

    delete_run_api_v1_runs__run_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        await deleteRun(tx, toDatabaseId(path.run_id));
        return null;
      }),
  } satisfies Handlers;
}
