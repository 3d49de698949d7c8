import type { Model } from '../../contract/operation-types.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Connection, Database, Transaction } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { valueError } from '../../errors.ts';
import { compareUuid } from '../../listing/comparisons.ts';
import { type Lister, loadOne, noSuch, type ResolveProject } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { checkLogsChoice, findChosenLog, RUNNER_SOURCE, readChosenLog } from '../logs/log-choice.ts';
import { asksToFollow, toEventStream } from '../logs/log-events.ts';
import type { LogReaders } from '../logs/log-readers.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { STEP_LIST } from '../steps/steps-list.ts';
import { loadRunDag } from './dag/run-dag-read-model.ts';
import { createSnapshotViews } from './dag/step-views-cache.ts';
import { type CancelLaunches, stopBeforeStart } from './run-cancellation.ts';
import { deleteRun } from './run-deletion.ts';
import { checkStoppable, refuseForcedStop, refuseRefresh } from './run-orchestrator.ts';
import { loadRunStatistics } from './run-statistics-read-model.ts';
import { RUN_LIST } from './runs-list.ts';
import { loadRuns } from './runs-read-model.ts';
import type { RunsService } from './runs-service.ts';
import { disableHeartbeat, findRun } from './runs-store.ts';

/** The parts that the operations on pipeline runs need. */
export interface RunsParts {
  readonly db: Database;
  readonly list: Lister;
  readonly resolveProject: ResolveProject;
  readonly runs: RunsService;
  readonly logReaders: LogReaders;
  /** Left out where there is no workload manager. */
  readonly cancelLaunches?: CancelLaunches | undefined;
}

const TYPE = 'pipeline run';

const loadWhole = async (transaction: Transaction, id: string): Promise<Model<'PipelineRunResponse'>> =>
  one(await loadRuns(transaction, [id], FULL), id);

/** The operations on pipeline runs. */
export function runsOperations({ db, list, resolveProject, runs, logReaders, cancelLaunches }: RunsParts) {
  const snapshotViews = createSnapshotViews();
  const requireRun = async (runId: string, connection: Connection = db) => {
    const run = await findRun(connection, toDatabaseId(runId));
    if (!run) throw noSuch(TYPE, runId);
    return run;
  };

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
        const requester = {
          projectId: project.id,
          userId: toDatabaseId(identity.user.id),
          refusals: identity.permissions?.refusals,
        };
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

    get_run_steps_api_v1_runs__run_id__steps_get: async ({ path, query, identity }) => {
      await requireRun(path.run_id);
      // A run that the query names must be one that could be, and the path's is taken.
      for (const value of [query.pipeline_run_id ?? []].flat()) compareUuid(String(value));
      return list(STEP_LIST, { query: { ...query, pipeline_run_id: path.run_id }, identity });
    },

    async get_run_status_api_v1_runs__run_id__status_get({ path }) {
      return (await requireRun(path.run_id)).status as Model<'ExecutionStatus'>;
    },

    async get_pipeline_configuration_api_v1_runs__run_id__pipeline_configuration_get({ path }) {
      const depth = { metadata: true, resources: false };
      const { metadata } = await loadOne(db, loadRuns, path.run_id, depth, TYPE);
      return metadata?.config as unknown as Record<string, unknown>;
    },

    async run_logs_api_v1_runs__run_id__logs_get({ path, query, context }) {
      checkLogsChoice(query);
      const { id } = await requireRun(path.run_id);
      const { runnerLog } = logReaders;
      if (!runnerLog || !asksToFollow(context)) return readChosenLog(db, { run: id }, query, logReaders);
      const record = await findChosenLog(db, { run: id }, query);
      if (record.body?.source !== RUNNER_SOURCE)
        throw valueError('Only the log of the source `runner` can be followed.');
      return toEventStream((after, signal) => runnerLog.follow(id, after, signal), context);
    },

    async get_run_statistics_api_v1_runs_statistics_post({ body, identity }) {
      const { project } = body.filter;
      const projectId = await resolveProject(db, project == null ? undefined : String(project));
      return loadRunStatistics(db, body, projectId, identity.permissions?.rows);
    },

    refresh_run_status_api_v1_runs__run_id__refresh_post: ({ path }) => refuseRefresh(db, toDatabaseId(path.run_id)),

    async stop_run_api_v1_runs__run_id__stop_post({ path, query, identity, transaction }) {
      const id = toDatabaseId(path.run_id);
      const stopping = { status: 'stopping', status_reason: 'Manual stop requested.' } as const;
      let orchestrator: string | undefined;
      let waiting: readonly number[] | undefined;
      await transaction(async (tx) => {
        waiting = cancelLaunches && (await stopBeforeStart(tx, runs.updateStatus, cancelLaunches, id));
        if (waiting) return null;
        orchestrator = await checkStoppable(tx, id);
        await runs.update(tx, id, stopping, toDatabaseId(identity.user.id));
        return null;
      });
      if (waiting) await cancelLaunches?.removeRunners(id, waiting);
      // The run stays marked: its steps see that at their next heartbeat.
      if (!query.graceful && orchestrator) refuseForcedStop(orchestrator);
      return null;
    },

    disable_run_heartbeat_api_v1_runs__run_id__disable_heartbeat_put: ({ path, transaction }) =>
      transaction(async (tx) => {
        const { id } = await requireRun(path.run_id, tx);
        await disableHeartbeat(tx, id);
        return null;
      }),

    delete_run_api_v1_runs__run_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        await deleteRun(tx, toDatabaseId(path.run_id));
        return null;
      }),
  } satisfies Handlers;
}
