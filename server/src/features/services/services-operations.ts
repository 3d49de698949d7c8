import type { Complete } from '../../contract/completion.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne, noSuch } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { loadServices, SERVICE_LIST } from './services-read-model.ts';
import { changeService, createService } from './services-service.ts';
import { deleteService } from './services-store.ts';

/** The parts that the operations on services need. */
export interface ServicesParts {
  readonly db: Database;
  readonly list: Lister;
  readonly complete: Complete;
}

/** The operations on services: what model deployers run. */
export function servicesOperations({ db, list, complete }: ServicesParts) {
  return {
    list_services_api_v1_services_get: (request) => list(SERVICE_LIST, request),

    get_service_api_v1_services__service_id__get: ({ path, query }) =>
      loadOne(db, loadServices, path.service_id, depthOf(query.hydrate), 'service'),

    create_service_api_v1_services_post: ({ body, query, identity, transaction }) =>
      transaction(async (tx) => {
        const scope = {
          projectNameOrId: query.project_name_or_id ?? body.project,
          userId: toDatabaseId(identity.user.id),
        };
        const id = await createService(tx, complete, body, scope);
        return one(await loadServices(tx, [id], FULL), id);
      }),

    update_service_api_v1_services__service_id__put: ({ path, body, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.service_id);
        await changeService(tx, id, body);
        return one(await loadServices(tx, [id], FULL), id);
      }),

    delete_service_api_v1_services__service_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        if (!(await deleteService(tx, toDatabaseId(path.service_id)))) throw noSuch('service', path.service_id);
        return null;
      }),
  } satisfies Handlers;
}
