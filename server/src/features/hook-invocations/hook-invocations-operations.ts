import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne, noSuch } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { HOOK_INVOCATION_LIST, loadHookInvocations } from './hook-invocations-read-model.ts';
import { createHookInvocation } from './hook-invocations-service.ts';
import { deleteHookInvocation } from './hook-invocations-store.ts';

/** The parts that the operations on hook invocations need. */
export interface HookInvocationsParts {
  readonly db: Database;
  readonly list: Lister;
}

/** The operations on the records of called hooks. */
export function hookInvocationsOperations({ db, list }: HookInvocationsParts) {
  return {
    list_hook_invocations_api_v1_hook_invocations_get: (request) => list(HOOK_INVOCATION_LIST, request),

    get_hook_invocation_api_v1_hook_invocations__hook_invocation_id__get: ({ path, query }) =>
      loadOne(db, loadHookInvocations, path.hook_invocation_id, depthOf(query.hydrate), 'hook invocation'),

    create_hook_invocation_api_v1_hook_invocations_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = await createHookInvocation(tx, body, toDatabaseId(identity.user.id));
        return one(await loadHookInvocations(tx, [id], FULL), id);
      }),

    delete_hook_invocation_api_v1_hook_invocations__hook_invocation_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        if (!(await deleteHookInvocation(tx, toDatabaseId(path.hook_invocation_id)))) {
          throw noSuch('hook invocation', path.hook_invocation_id);
        }
        return null;
      }),
  } satisfies Handlers;
}
