import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { loadWaitConditions, WAIT_CONDITION_LIST } from './run-wait-conditions-list.ts';
import type { WaitConditionsService } from './run-wait-conditions-service.ts';

/** The parts that the operations on wait conditions need. */
export interface WaitConditionsParts {
  readonly db: Database;
  readonly list: Lister;
  readonly waitConditions: WaitConditionsService;
}

/** The operations on the wait conditions of dynamic runs. */
export function runWaitConditionsOperations({ db, list, waitConditions }: WaitConditionsParts) {
  return {
    list_wait_conditions_api_v1_run_wait_conditions_get: (request) => list(WAIT_CONDITION_LIST, request),

    get_run_wait_condition_api_v1_run_wait_conditions__run_wait_condition_id__get: ({ path, query }) =>
      loadOne(db, loadWaitConditions, path.run_wait_condition_id, depthOf(query.hydrate), 'run wait condition'),

    create_run_wait_condition_api_v1_run_wait_conditions_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = await waitConditions.create(tx, body, toDatabaseId(identity.user.id));
        return one(await loadWaitConditions(tx, [id], FULL), id);
      }),

    resolve_run_wait_condition_api_v1_run_wait_conditions__run_wait_condition_id__resolve_put: ({
      path,
      body,
      identity,
      transaction,
    }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.run_wait_condition_id);
        await waitConditions.resolve(tx, id, body, toDatabaseId(identity.user.id));
        return one(await loadWaitConditions(tx, [id], FULL), id);
      }),

    update_run_wait_condition_lease_api_v1_run_wait_conditions__run_wait_condition_id__put: ({
      path,
      body,
      identity,
      transaction,
    }) =>
      transaction((tx) => {
        const userId = toDatabaseId(identity.user.id);
        return waitConditions.updateLease(tx, toDatabaseId(path.run_wait_condition_id), body, userId);
      }),
  } satisfies Handlers;
}
