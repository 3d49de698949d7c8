import type { Logger } from 'pino';
import type { IssueToken } from '../../auth/access-tokens.ts';
import type { Database } from '../../database/database.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { ApiError } from '../../errors.ts';
import { checkRunnable, orchestratorImage, type RunnableSource } from '../../features/snapshot-runs/run-checks.ts';
import { loadRunSource } from '../../features/snapshot-runs/run-source-read-model.ts';
import { type Launch, type StartLaunch, workloadName } from '../launch.ts';
import { WorkloadError, type WorkloadManager } from '../manager.ts';
import { noteBuilder } from './launch-build-store.ts';
import { findRunToLaunch, type RunToLaunch } from './run-to-launch-read-model.ts';
import { createRunnerDockerfile, type RunnerImageSettings } from './runner-dockerfile.ts';
import { ownerOf, runnerWorkload } from './runner-workload.ts';
import { NO_ADDRESS } from './server-settings.ts';

/** What launches are made with. */
export interface LauncherParts {
  readonly db: Database;
  readonly manager: WorkloadManager;
  readonly issueToken: IssueToken;
  /** Where runners reach this server. */
  readonly serverUrl: string | undefined;
  readonly image: RunnerImageSettings;
  readonly log: Logger;
}

/** The status that a run has until its launch has had an effect; in another one somebody has ended or begun it. */
const WAITING: Readonly<Record<Launch['kind'], string>> = { start: 'initializing', resume: 'resuming' };

/** Makes what the dispatcher calls for each launch that it has claimed. */
export function createLauncher(parts: LauncherParts): StartLaunch {
  const { db, manager, issueToken, serverUrl, image, log } = parts;
  const dockerfileFor = createRunnerDockerfile(image);

  const start = async (launch: Launch, run: RunToLaunch, source: RunnableSource, signal: AbortSignal) => {
    if (serverUrl === undefined) throw new WorkloadError(`${NO_ADDRESS.problem} ${NO_ADDRESS.fix}`);
    if (launch.userId === undefined || !run.hasUser)
      throw new WorkloadError('The user who started it has been deleted: another one has to start it anew.');
    const owner = ownerOf(launch, run, source);
    const { build } = source;
    const runnerImage = await manager.prepareImage(
      {
        workloadName: workloadName(launch.runId, launch.number),
        owner,
        snapshotImage: orchestratorImage(source),
        dockerfile: dockerfileFor({
          flavorSources: build.stack.components.map((component) => component.source),
          zenmlVersion: build.zenmlVersion,
          pythonVersion: build.pythonVersion,
        }),
        onBuilder: (buildId) => {
          // Without it the run's log lacks that of the builder, and the run is none the worse.
          noteBuilder(db, launch, buildId).catch((error) =>
            log.warn({ err: error, run: launch.runId }, 'the builder of a runner’s image was not noted'),
          );
        },
      },
      signal,
    );
    signal.throwIfAborted();
    // It ends with its runner and with the run: of whoever authenticates with it, it is asked whether both still go on.
    const { accessToken: token } = await issueToken(
      { user: { id: fromDatabaseId(launch.userId) } },
      { expiresIn: 0, scope: { pipelineRunId: owner.runId, launchId: fromDatabaseId(launch.id) } },
    );
    await manager.launch(runnerWorkload(launch, owner, source, runnerImage, { serverUrl, token }));
  };

  return async (launch, signal) => {
    const run = await findRunToLaunch(db, launch);
    if (run?.status !== WAITING[launch.kind]) return;
    await start(launch, run, await loadLaunchSource(db, launch.snapshotId), signal);
  };
}

/**
 * Loads a run's snapshot: what was runnable when the run was asked for may have changed while it waited.
 * @throws {WorkloadError} where it cannot be run any more
 */
export async function loadLaunchSource(db: Database, snapshotId: string): Promise<RunnableSource> {
  const source = await loadRunSource(db, snapshotId);
  if (!source) throw new WorkloadError('Its snapshot has been deleted: run another one of the pipeline.');
  try {
    return checkRunnable(source);
  } catch (error) {
    throw error instanceof ApiError ? new WorkloadError(error.message, { cause: error }) : error;
  }
}
