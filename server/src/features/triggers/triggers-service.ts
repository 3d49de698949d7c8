import { randomUUID } from 'node:crypto';
import type { Transaction } from '../../database/database.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { now, toApiInstant } from '../../database/instants.ts';
import { illegalOperation, keyError } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { type Dispatch, nextState, WITHOUT_ERROR } from './dispatch-state.ts';
import { parseState } from './triggers-list.ts';
import * as store from './triggers-store.ts';

/**
 * Deletes a trigger, or puts it away.
 * @param soft keeps the trigger and its executions, under a name that leaves its own free.
 * @throws ApiError 403, 404
 */
export async function removeTrigger(transaction: Transaction, id: string, soft: boolean): Promise<void> {
  const trigger = await requireTrigger(transaction, id);
  if (!soft) return store.deleteTrigger(transaction, id);
  if (trigger.is_archived === 1) throw illegalOperation(`Trigger ${fromDatabaseId(id)} is already archived.`);
  await store.archiveTrigger(transaction, id, `${trigger.name}_(${randomUUID().slice(0, 8)})`);
}

/** Detaches a snapshot, or what was made of it, from a trigger. @throws ApiError KeyError 404 */
export async function detachSnapshot(transaction: Transaction, id: string, snapshotId: string): Promise<void> {
  await requireTrigger(transaction, id);
  const found = await findAttachments(transaction, id, snapshotId);
  if (found.length === 0) throw notAttached(id, snapshotId);
  for (const attachedId of found) await store.detach(transaction, id, attachedId);
}

/** The snapshots that a trigger runs and that are the given one, or were made of it; database ids. */
export async function findAttachments(transaction: Transaction, id: string, snapshotId: string): Promise<string[]> {
  const attached = await store.findAttached(transaction, id);
  return attached
    .filter((link) => link.snapshot_id === snapshotId || link.source_snapshot_id === snapshotId)
    .map((link) => link.snapshot_id);
}

/** Has a trigger run one snapshot in the place of others; database ids. */
export async function replaceAttachments(
  transaction: Transaction,
  id: string,
  former: readonly string[],
  snapshotId: string,
): Promise<void> {
  for (const attachedId of former) await store.detach(transaction, id, attachedId);
  await store.attach(transaction, id, snapshotId);
}

/**
 * Forgets the errors of a trigger's dispatches.
 * @param snapshotId the attached snapshot; all where left out.
 * @throws ApiError KeyError 404
 */
export async function clearDispatchErrors(
  transaction: Transaction,
  id: string,
  snapshotId: string | undefined,
): Promise<void> {
  await requireTrigger(transaction, id);
  const attached = await store.findAttached(transaction, id);
  const chosen =
    snapshotId === undefined ? attached : attached.filter((link) => link.source_snapshot_id === snapshotId);
  if (snapshotId !== undefined && chosen.length === 0) throw notAttached(id, snapshotId);
  for (const { snapshot_id, dispatch_state } of chosen) {
    if (dispatch_state === null) continue;
    await store.setDispatchState(transaction, id, snapshot_id, withoutError(dispatch_state));
  }
}

/** A state whose last dispatch failed says nothing else. */
function withoutError(stored: string): string | null {
  const state = parseState(stored);
  if (!state) return stored;
  if (state.last_status === 'ERROR') return null;
  return JSON.stringify({ ...state, ...WITHOUT_ERROR });
}

/**
 * Notes how a dispatch of an attached snapshot went, where it is attached still.
 * @param snapshotId the executable snapshot; database ids
 */
export async function noteDispatch(
  transaction: Transaction,
  triggerId: string,
  snapshotId: string,
  dispatch: Dispatch,
): Promise<void> {
  const attached = await store.lockAttached(transaction, triggerId, snapshotId);
  if (!attached) return;
  const before = attached.dispatch_state === null ? undefined : parseState(attached.dispatch_state);
  const state = nextState(before, dispatch, toApiInstant(now()));
  await store.setDispatchState(transaction, triggerId, snapshotId, JSON.stringify(state));
}

/**
 * Notes that a trigger has run a snapshot.
 * @param execution database ids; `info` says what made the trigger fire
 * @throws ApiError KeyError 404, IllegalOperationError 403 for an archived trigger
 */
export async function recordExecution(
  transaction: Transaction,
  execution: { readonly triggerId: string; readonly runId: string; readonly info: object | null },
): Promise<void> {
  const { triggerId, runId, info } = execution;
  const trigger = await requireTrigger(transaction, triggerId);
  if (trigger.is_archived === 1) {
    const id = fromDatabaseId(triggerId);
    throw illegalOperation(`Can not create trigger execution for archived trigger ${id}.`);
  }
  await store.insertExecution(transaction, { triggerId, runId, info: info && JSON.stringify(info) });
}

/**
 * Takes a webhook from triggers that were put away, before it is deleted.
 * @throws ApiError IllegalOperationError 403 where others wait for its events
 */
export async function leaveWebhook(transaction: Transaction, webhookId: string): Promise<void> {
  if (await store.hasLiveTrigger(transaction, webhookId)) {
    throw illegalOperation('The webhook can not be deleted while non-archived triggers reference it.');
  }
  await store.releaseWebhook(transaction, webhookId);
}

/** Finds a trigger by its database id and holds it. @throws ApiError KeyError 404 */
export async function requireTrigger(transaction: Transaction, id: string): Promise<store.StoredTrigger> {
  const trigger = await store.lockTrigger(transaction, id);
  if (!trigger) throw noSuch('trigger', id);
  return trigger;
}

function notAttached(id: string, snapshotId: string) {
  return keyError(`Snapshot ${fromDatabaseId(snapshotId)} is not attached to trigger ${fromDatabaseId(id)}`);
}
