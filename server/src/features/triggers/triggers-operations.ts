import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { changeTrigger, createTrigger } from './trigger-changes-service.ts';
import { EVENTS } from './trigger-requests.ts';
import { joinAlternatives, loadTriggers, TRIGGER_LIST } from './triggers-list.ts';
import { clearDispatchErrors, detachSnapshot, removeTrigger } from './triggers-service.ts';

/** The parts that the operations on triggers need. */
export interface TriggersParts {
  readonly db: Database;
  readonly list: Lister;
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  run_completed: 'A run of the source has completed.',
  run_failed: 'A run of the source has failed.',
  completed: 'The source run has completed.',
  failed: 'The source run has failed.',
};

/** The operations on triggers; attaching snapshots is offered together with running them. */
export function triggersOperations({ db, list }: TriggersParts) {
  return {
    list_supported_events_api_v1_supported_events_get: async ({ query }) =>
      EVENTS[query.source_type].map((value) => ({ value, description: DESCRIPTIONS[value] ?? null })),

    list_triggers_api_v1_triggers_get: ({ query, identity }) =>
      list(TRIGGER_LIST, { query: joinAlternatives(query), identity }),

    get_trigger_api_v1_triggers__trigger_id__get: ({ path, query }) =>
      loadOne(db, loadTriggers, path.trigger_id, depthOf(query.hydrate), 'trigger'),

    create_trigger_api_v1_triggers_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = await createTrigger(tx, body, toDatabaseId(identity.user.id));
        return one(await loadTriggers(tx, [id], FULL), id);
      }),

    update_trigger_api_v1_triggers__trigger_id__put: ({ path, body, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.trigger_id);
        await changeTrigger(tx, id, body);
        return one(await loadTriggers(tx, [id], FULL), id);
      }),

    delete_trigger_api_v1_triggers__trigger_id__delete: ({ path, query, transaction }) =>
      transaction(async (tx) => {
        await removeTrigger(tx, toDatabaseId(path.trigger_id), query.soft ?? true);
        return null;
      }),

    detach_trigger_from_snapshot_api_v1_triggers__trigger_id__pipeline_snapshots__snapshot_id__delete: ({
      path,
      transaction,
    }) =>
      transaction(async (tx) => {
        await detachSnapshot(tx, toDatabaseId(path.trigger_id), toDatabaseId(path.snapshot_id));
        return null;
      }),

    clear_trigger_dispatch_error_api_v1_triggers__trigger_id__dispatch_state_delete: ({ path, query, transaction }) =>
      transaction(async (tx) => {
        const snapshotId = query.snapshot_id == null ? undefined : toDatabaseId(query.snapshot_id);
        await clearDispatchErrors(tx, toDatabaseId(path.trigger_id), snapshotId);
        return null;
      }),
  } satisfies Handlers;
}
