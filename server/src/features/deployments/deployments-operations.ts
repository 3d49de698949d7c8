import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne, noSuch } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { DEPLOYMENT_LIST, loadDeployments } from './deployments-list.ts';
import type { DeploymentsService } from './deployments-service.ts';
import { deleteDeployment } from './deployments-store.ts';

/** The parts that the operations on deployments need. */
export interface DeploymentsParts {
  readonly db: Database;
  readonly list: Lister;
  readonly deployments: DeploymentsService;
}

/** The operations on deployments: pipelines that run as services. */
export function deploymentsOperations({ db, list, deployments }: DeploymentsParts) {
  return {
    list_deployments_api_v1_deployments_get: (request) => list(DEPLOYMENT_LIST, request),

    get_deployment_api_v1_deployments__deployment_id__get: ({ path, query }) =>
      loadOne(db, loadDeployments, path.deployment_id, depthOf(query.hydrate), 'deployment'),

    create_deployment_api_v1_deployments_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = await deployments.create(tx, body, toDatabaseId(identity.user.id));
        return one(await loadDeployments(tx, [id], FULL), id);
      }),

    update_deployment_api_v1_deployments__deployment_id__put: ({ path, body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.deployment_id);
        await deployments.update(tx, id, body, toDatabaseId(identity.user.id));
        return one(await loadDeployments(tx, [id], FULL), id);
      }),

    delete_deployment_api_v1_deployments__deployment_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        if (!(await deleteDeployment(tx, toDatabaseId(path.deployment_id)))) {
          throw noSuch('deployment', path.deployment_id);
        }
        return null;
      }),
  } satisfies Handlers;
}
