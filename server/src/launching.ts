import { join } from 'node:path';
import type { Logger } from 'pino';
import type { IssueToken } from './auth/access-tokens.ts';
import type { Config } from './config/config.ts';
import { AWS_MANAGER, GCP_MANAGER, LOCAL_MANAGER, type WorkloadConfig } from './config/workload-config.ts';
import type { Database } from './database/database.ts';
import type { CancelLaunches } from './features/runs/run-cancellation.ts';
import { createRunStatusUpdates } from './features/runs/run-status-updates.ts';
import { createOnboarding } from './features/server/onboarding.ts';
import type { Preflight } from './features/snapshot-runs/dry-run.ts';
import type { EnqueueLaunch } from './features/snapshot-runs/snapshot-runs-service.ts';
import { noteRunEnded } from './features/trigger-firing/platform-events-service.ts';
import { startDispatcher } from './workloads/dispatcher/dispatcher.ts';
import { createFailRun } from './workloads/dispatcher/failed-runs.ts';
import { createLaunchCancellation } from './workloads/dispatcher/launch-cancellation.ts';
import { enqueueLaunch } from './workloads/dispatcher/launch-store.ts';
import { startQueuePositions } from './workloads/dispatcher/queue-positions.ts';
import { type Examination, startExamination } from './workloads/examination.ts';
import type { Cloud } from './workloads/kubernetes/configured-manager.ts';
import { workloadName } from './workloads/launch.ts';
import { createFailureExplanation } from './workloads/launcher/failure-explanation.ts';
import { createBuilders } from './workloads/launcher/launch-build-store.ts';
import { createLauncher } from './workloads/launcher/launcher.ts';
import { diagnoseSettings, NO_ADDRESS } from './workloads/launcher/server-settings.ts';
import { createLocalWorkloadManager } from './workloads/local/local-workload-manager.ts';
import { openArchive } from './workloads/logs/archive-store.ts';
import { createArchivedLogReader } from './workloads/logs/archived-log.ts';
import { startLogArchiver } from './workloads/logs/log-archiver.ts';
import { diagnoseLogStore, openLogStore } from './workloads/logs/log-store.ts';
import { createRunnerLog, type RunnerLog } from './workloads/logs/runner-log.ts';
import type { Builders, WorkloadManager } from './workloads/manager.ts';
import { startReconciler } from './workloads/reconciler/reconciler.ts';

/** What launches queued runs. */
export interface Launching {
  readonly enqueueLaunch: EnqueueLaunch;
  readonly preflight: Preflight;
  readonly runnerLog: RunnerLog;
  readonly cancelLaunches: CancelLaunches;
  /** What keeps runs from being started, one line each, as far as it is known by now. */
  readonly listProblems: Examination['listProblems'];
  stop(): Promise<void>;
}

/** Starts the workload manager and the dispatcher. @returns `undefined` where the server has no workload manager */
export async function startLaunching(
  { workloads, server, auth }: Pick<Config, 'workloads' | 'server' | 'auth'>,
  db: Database,
  { issueToken, serverId }: { readonly issueToken: IssueToken; readonly serverId: string },
  log: Logger,
): Promise<Launching | undefined> {
  const manager = await createManager(workloads, serverId, log, createBuilders(db));
  if (!manager) return undefined;
  const logStore = await openLogStore(workloads);
  const archive = logStore && { ...logStore, db, manager, log };
  await manager.start();
  if (server.serverUrl === undefined) log.warn(`Runs cannot be started: ${NO_ADDRESS.problem} ${NO_ADDRESS.fix}`);
  const examination = startExamination(
    [() => manager.diagnose(), ...(logStore ? [() => diagnoseLogStore(logStore)] : [])],
    // What keeps runs from being started is said at once, and not at the first run.
    ({ severity, problem, fix }) => log[severity === 'error' ? 'error' : 'warn'](`${problem} ${fix}`),
  );
  const failRun = createFailRun(createRunStatusUpdates(createOnboarding(), noteRunEnded));
  const launcher = createLauncher({
    db,
    manager,
    issueToken,
    log,
    serverUrl: server.serverUrl,
    image: { parentImage: workloads.runnerParentImage, withoutUv: workloads.runnerWithoutUv },
  });
  const dispatcher = startDispatcher({
    db,
    explainFailure: createFailureExplanation({ db, manager, log }),
    failRun,
    removeRunner: ({ runId, number }) => manager.remove(workloadName(runId, number)),
    log,
    concurrency: workloads.maxConcurrentRuns,
    async startLaunch(launch, signal) {
      // Before there is anything to read: its first line is not missed then, whichever replica reads it.
      if (archive) await openArchive(db, launch);
      await launcher(launch, signal).catch((error: unknown) => {
        if (!signal.aborted) examination.lookAgain();
        throw error;
      });
    },
  });
  const positions = startQueuePositions(db, log);
  const archiver = archive && startLogArchiver(archive);
  const reconciler = startReconciler({
    db,
    manager,
    failRun,
    log,
    startTimeoutSeconds: workloads.runnerTimeoutSeconds,
  });
  return {
    listProblems: examination.listProblems,
    cancelLaunches: createLaunchCancellation(manager, log),
    preflight: async (images) => [...diagnoseSettings({ server, auth }), ...(await manager.preflight(images))],
    runnerLog: createRunnerLog(
      db,
      archive ? { status: manager.status, readLog: createArchivedLogReader(archive) } : manager,
    ),
    async enqueueLaunch(transaction, request) {
      const launch = await enqueueLaunch(transaction, request, workloads.maxQueuedRuns);
      // The transaction ends with the request: it is seen a moment later, or by the next look.
      setTimeout(dispatcher.wake, AFTER_COMMIT);
      return launch;
    },
    async stop() {
      examination.stop();
      await dispatcher.stop();
      await positions.stop();
      await archiver?.stop();
      await reconciler.stop();
      await manager.stop();
    },
  };
}

/** Milliseconds in which a request's transaction has usually been committed. */
const AFTER_COMMIT = 50;

/** The managers' libraries are large: only the chosen one is loaded. */
export async function createManager(
  { managerSource, localPython, localDirectory, kubernetes, runnerTimeoutSeconds }: WorkloadConfig,
  serverId: string,
  log: Logger,
  builders: Builders,
): Promise<WorkloadManager | undefined> {
  if (managerSource === LOCAL_MANAGER) {
    // A folder of its own: another server of the same user would take these runners for nobody's, and end them.
    return createLocalWorkloadManager({ python: localPython, directory: join(localDirectory, serverId) }, log);
  }
  if (managerSource === undefined || !kubernetes) return undefined;
  const { createConfiguredManager } = await import('./workloads/kubernetes/configured-manager.ts');
  const cloud = await loadCloud(managerSource);
  return createConfiguredManager({ ...kubernetes, runnerTimeoutSeconds }, serverId, log, builders, cloud);
}

async function loadCloud(managerSource: string): Promise<Cloud | undefined> {
  if (managerSource === AWS_MANAGER) return (await import('./workloads/aws/aws-cloud.ts')).aws;
  if (managerSource === GCP_MANAGER) return (await import('./workloads/gcp/gcp-cloud.ts')).gcp;
  return undefined;
}
