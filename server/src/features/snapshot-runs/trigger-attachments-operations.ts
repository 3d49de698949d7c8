import type { Handlers } from '../../contract/registry.ts';
import { toDatabaseId } from '../../database/ids.ts';
import type { DeriveSnapshot } from './snapshot-derivation-service.ts';
import { attachSnapshot } from './trigger-attachments-service.ts';

/** The operation that has a trigger run a snapshot: it may wait for a workload manager as the trigger does. */
export function triggerAttachmentsOperations(derive: DeriveSnapshot) {
  return {
    attach_trigger_to_snapshot_api_v1_triggers__trigger_id__pipeline_snapshots__snapshot_id__put: ({
      path,
      query,
      body,
      identity,
      transaction,
    }) =>
      transaction(async (tx) => {
        await attachSnapshot(tx, derive, {
          triggerId: toDatabaseId(path.trigger_id),
          snapshotId: toDatabaseId(path.snapshot_id),
          userId: toDatabaseId(identity.user.id),
          configuration: body,
          allowReplace: query.allow_replace ?? false,
        });
        return null;
      }),
  } satisfies Handlers;
}
