import type { Handlers } from '../../contract/registry.ts';
import type { snapshotsOperations } from './snapshots-operations.ts';

/** The operations on snapshots under the name that snapshots had once: older clients use it. */
export function pipelineDeploymentsOperations(snapshots: ReturnType<typeof snapshotsOperations>) {
  return {
    list_deployments_api_v1_pipeline_deployments_get: (request) =>
      snapshots.list_pipeline_snapshots_api_v1_pipeline_snapshots_get({ ...request }),

    create_deployment_api_v1_pipeline_deployments_post: (request) =>
      snapshots.create_pipeline_snapshot_api_v1_pipeline_snapshots_post({ ...request }),

    get_deployment_api_v1_pipeline_deployments__deployment_id__get: (request) =>
      snapshots.get_pipeline_snapshot_api_v1_pipeline_snapshots__snapshot_id__get({
        ...request,
        path: { snapshot_id: request.path.deployment_id },
      }),

    delete_deployment_api_v1_pipeline_deployments__deployment_id__delete: (request) =>
      snapshots.delete_pipeline_snapshot_api_v1_pipeline_snapshots__snapshot_id__delete({
        ...request,
        path: { snapshot_id: request.path.deployment_id },
      }),
  } satisfies Handlers;
}
