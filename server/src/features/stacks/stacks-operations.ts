import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { loadStacks, STACK_LIST } from './stacks-read-model.ts';
import type { StacksService } from './stacks-service.ts';

/** The parts that the operations on stacks need. */
export interface StacksParts {
  readonly db: Database;
  readonly list: Lister;
  readonly stacks: StacksService;
}

/** The operations on stacks. */
export function stacksOperations({ db, list, stacks }: StacksParts) {
  return {
    list_stacks_api_v1_stacks_get: (request) => list(STACK_LIST, request),

    get_stack_api_v1_stacks__stack_id__get: ({ path, query }) =>
      loadOne(db, loadStacks, path.stack_id, depthOf(query.hydrate), 'stack'),

    create_stack_api_v1_stacks_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = await stacks.create(tx, body, toDatabaseId(identity.user.id));
        return one(await loadStacks(tx, [id], FULL), id);
      }),

    update_stack_api_v1_stacks__stack_id__put: ({ path, body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.stack_id);
        await stacks.update(tx, id, body, toDatabaseId(identity.user.id));
        return one(await loadStacks(tx, [id], FULL), id);
      }),

    delete_stack_api_v1_stacks__stack_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        await stacks.remove(tx, toDatabaseId(path.stack_id));
        return null;
      }),
  } satisfies Handlers;
}
