import type { ContractDocument } from '../../contract/document.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { COMPONENT_LIST, loadComponents } from './components-read-model.ts';
import { createComponent, removeComponent, updateComponent } from './components-service.ts';

/** The parts that the operations on stack components need. */
export interface ComponentsParts {
  readonly db: Database;
  readonly list: Lister;
  readonly document: ContractDocument;
}

/** The operations on stack components. */
export function componentsOperations({ db, list, document }: ComponentsParts) {
  return {
    get_stack_component_types_api_v1_component_types_get: async () =>
      (document.components.schemas['StackComponentType']?.enum ?? []).map(String),

    list_stack_components_api_v1_components_get: (request) => list(COMPONENT_LIST, request),

    get_stack_component_api_v1_components__component_id__get: ({ path, query }) =>
      loadOne(db, loadComponents, path.component_id, depthOf(query.hydrate), 'stack component'),

    create_stack_component_api_v1_components_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = await createComponent(tx, body, toDatabaseId(identity.user.id));
        return one(await loadComponents(tx, [id], FULL), id);
      }),

    update_stack_component_api_v1_components__component_id__put: ({ path, body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.component_id);
        await updateComponent(tx, id, body, toDatabaseId(identity.user.id));
        return one(await loadComponents(tx, [id], FULL), id);
      }),

    deregister_stack_component_api_v1_components__component_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        await removeComponent(tx, toDatabaseId(path.component_id));
        return null;
      }),
  } satisfies Handlers;
}
