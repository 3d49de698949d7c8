import type { Transaction } from '../../database/database.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { illegalOperation, keyError } from '../../errors.ts';
import type { Json } from '../../json.ts';
import { noSuch } from '../../listing/lister.ts';
import { findAttachments, replaceAttachments, requireTrigger } from '../triggers/triggers-service.ts';
import { loadRunSource } from './run-source-read-model.ts';
import type { DeriveSnapshot } from './snapshot-derivation-service.ts';

/** A snapshot that a trigger is to run; ids in database form. */
export interface Attachment {
  readonly triggerId: string;
  readonly snapshotId: string;
  readonly userId: string;
  readonly configuration: Json | null | undefined;
  /** Whether the snapshot may take the place of one that was attached with another configuration. */
  readonly allowReplace: boolean;
}

/**
 * Has a trigger run a snapshot: what it runs is derived now, and the same each time.
 * @throws ApiError KeyError 404, IllegalOperationError 403, ValueError 400
 */
export async function attachSnapshot(
  transaction: Transaction,
  derive: DeriveSnapshot,
  { triggerId, snapshotId, userId, configuration, allowReplace }: Attachment,
): Promise<void> {
  const trigger = await requireTrigger(transaction, triggerId);
  const source = await loadRunSource(transaction, snapshotId);
  if (!source) throw noSuch('pipeline snapshot', snapshotId);
  const [shownTrigger, shown] = [fromDatabaseId(triggerId), fromDatabaseId(snapshotId)];
  if (trigger.project_id !== source.projectId) throw keyError(`Snapshot ${shown} not found.`);
  if (source.name === null) throw illegalOperation('Can not attach a snapshot without name to a trigger.');
  const attached = await findAttachments(transaction, triggerId, snapshotId);
  if (attached.length > 0 && !allowReplace) {
    throw illegalOperation(
      `Trigger ${shownTrigger} is already attached to snapshot ${shown}. To attach ${shown} with a different ` +
        'configuration, please detach the current attachment first or use the `allow_replace` flag.',
    );
  }
  if (trigger.is_archived === 1) {
    throw illegalOperation(`Can not attach snapshot ${shown} to archived trigger ${shownTrigger}.`);
  }
  const derived = await derive(transaction, { snapshotId, userId, configuration });
  await replaceAttachments(transaction, triggerId, attached, derived.snapshotId);
}
