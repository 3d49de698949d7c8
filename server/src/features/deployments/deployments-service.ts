import type { BodyOf } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { entityExists } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { checkReference } from '../references.ts';
import type { Onboarding } from '../server/onboarding.ts';
import { attachTags, detachTags } from '../tags/tags-service.ts';
import * as store from './deployments-store.ts';

type DeploymentRequest = BodyOf<'create_deployment_api_v1_deployments_post'>;
type DeploymentUpdate = BodyOf<'update_deployment_api_v1_deployments__deployment_id__put'>;

/** The rules of deployments; ids in database form. */
export interface DeploymentsService {
  /** Creates a deployment and returns its id. @throws ApiError 404, 409 */
  create(transaction: Transaction, request: DeploymentRequest, userId: string): Promise<string>;
  /** Changes a deployment. @throws ApiError 404, 409 */
  update(transaction: Transaction, id: string, update: DeploymentUpdate, userId: string): Promise<void>;
}

/** @param onboarding told that a pipeline was deployed. */
export function createDeploymentsService(onboarding: Onboarding): DeploymentsService {
  return {
    async create(transaction, request, userId) {
      const project = await findProject(transaction, request.project);
      const from = 'deployment';
      const id = await store.insertDeployment(transaction, {
        name: request.name,
        project_id: project.id,
        user_id: userId,
        status: 'unknown',
        auth_key: request.auth_key ?? null,
        deployment_metadata: '{}',
        snapshot_id: await checkReference(transaction, {
          table: 'pipeline_snapshot',
          id: request.snapshot_id,
          from,
          projectId: project.id,
        }),
        deployer_id: await checkReference(transaction, {
          table: 'stack_component',
          id: request.deployer_id,
          from,
          type: 'deployer',
        }),
      });
      if (!id) throw nameTaken('create', request.name, project.name);
      await attachTags(transaction, { type: 'deployment', ids: [id], userId }, request.tags);
      await onboarding.complete(transaction, [
        'pipeline_deployed',
        'oss_onboarding_completed',
        'pro_onboarding_completed',
      ]);
      return id;
    },

    async update(transaction, id, update, userId) {
      const deployment = await store.lockDeployment(transaction, id);
      if (!deployment) throw noSuch('deployment', id);
      const snapshotId = await checkReference(transaction, {
        table: 'pipeline_snapshot',
        id: update.snapshot_id,
        from: 'deployment schema',
        projectId: deployment.project_id,
        operation: 'updated',
      });
      const free = await store.updateDeployment(transaction, id, {
        ...(update.name != null && { name: update.name }),
        ...(snapshotId && { snapshot_id: snapshotId }),
        ...(update.url != null && { url: update.url }),
        ...(update.status != null && { status: update.status }),
        ...(update.deployment_metadata != null && { deployment_metadata: JSON.stringify(update.deployment_metadata) }),
        ...(update.auth_key != null && { auth_key: update.auth_key }),
      });
      if (!free) {
        throw nameTaken('update', update.name ?? '', (await findProject(transaction, deployment.project_id)).name);
      }
      const target = { type: 'deployment', ids: [id], userId } as const;
      await attachTags(transaction, target, update.add_tags);
      await detachTags(transaction, target, update.remove_tags);
    },
  };
}

function nameTaken(operation: 'create' | 'update', name: string, project: string) {
  return entityExists(
    `Unable to ${operation} the requested deployment with name '${name}': Found another existing deployment with the ` +
      `same name in the '${project}' project.`,
  );
}
