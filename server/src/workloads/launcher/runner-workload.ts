import { fromDatabaseId } from '../../database/ids.ts';
import type { RunnableSource } from '../../features/snapshot-runs/run-checks.ts';
import { type Launch, workloadName } from '../launch.ts';
import type { Workload, WorkloadOwner } from '../manager.ts';
import type { RunToLaunch } from './run-to-launch-read-model.ts';

/** Whose workload a launch is. */
export function ownerOf(launch: Launch, run: RunToLaunch, source: RunnableSource): WorkloadOwner {
  return {
    runId: fromDatabaseId(launch.runId),
    runName: run.name,
    snapshotId: fromDatabaseId(launch.snapshotId),
    pipelineId: fromDatabaseId(source.pipelineId),
    pipelineName: run.pipelineName,
    projectId: fromDatabaseId(launch.projectId),
    userId: launch.userId && fromDatabaseId(launch.userId),
  };
}

/** What a runner needs to reach the server. */
export interface RunnerAccess {
  readonly serverUrl: string;
  readonly token: string;
}

/** Where the runner finds the entry point that starts or resumes a run (ZenML 0.98.0). */
const ENTRYPOINT = 'zenml.zen_server.pipeline_execution.runner_entrypoint_configuration.RunnerEntrypointConfiguration';

/** The runner of a launch: ZenML's entry point, which hands the run to the stack's orchestrator. */
export function runnerWorkload(
  launch: Launch,
  owner: WorkloadOwner,
  { build }: RunnableSource,
  image: string,
  access: RunnerAccess,
): Workload {
  return {
    name: workloadName(launch.runId, launch.number),
    runId: owner.runId,
    launchNumber: launch.number,
    kind: launch.kind,
    image,
    command: ['python', '-m', 'zenml.entrypoints.entrypoint'],
    arguments: [
      '--entrypoint_config_source',
      ENTRYPOINT,
      '--snapshot_id',
      owner.snapshotId,
      '--run_id',
      owner.runId,
      // The name that the option had before: images of older releases know no other.
      '--placeholder_run_id',
      owner.runId,
      ...(launch.kind === 'resume' ? ['--resume', 'True'] : []),
    ],
    environment: {
      ZENML_ACTIVE_PROJECT_ID: owner.projectId,
      ZENML_ACTIVE_STACK_ID: fromDatabaseId(build.stack.id),
      ZENML_VERSION: build.zenmlVersion,
      ZENML_STORE_URL: access.serverUrl,
      ZENML_STORE_TYPE: 'rest',
      ZENML_STORE_VERIFY_SSL: 'True',
    },
    secretEnvironment: { ZENML_STORE_API_TOKEN: access.token },
    needsClusterAccess: build.stack.components.some(({ configuration }) => configuration['incluster'] === true),
    describedBy: owner,
  };
}
