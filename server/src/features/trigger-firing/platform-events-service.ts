import type { Transaction } from '../../database/database.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { sourceText } from '../triggers/trigger-requests.ts';
import { type AwaitedEvent, type EndedRun, findEndedRun, findWaitingFor, insertFirings } from './firings-store.ts';

/** What is known of the trigger of a run (ZenML 0.98.0 models/v2/core/triggers.py). */
export interface ExecutionInfo {
  /** The run whose end it was. */
  readonly upstream_run_id: string | null;
  /** The pipelines that led here, one triggering the next. */
  readonly upstream_pipeline_ids: readonly string[];
  /** The event of a webhook by the webhook's type. */
  readonly webhook_upstream_event: Readonly<Record<string, object>> | null;
}

/**
 * Fires the triggers that wait for the end of a run, in the transaction that ends it.
 * @param runId database id
 */
export async function noteRunEnded(
  transaction: Transaction,
  runId: string,
  status: 'completed' | 'failed',
): Promise<void> {
  const run = await findEndedRun(transaction, runId);
  if (!run) return;
  const waiting = await findWaitingFor(transaction, run.project_id, eventsOf(run, runId, status));
  const info = JSON.stringify(infoOf(run, runId));
  const firings = waiting.map((link) => ({ ...link, info }));
  await insertFirings(transaction, `run:${runId}:${status}`, firings);
}

function eventsOf(run: EndedRun, runId: string, status: 'completed' | 'failed'): AwaitedEvent[] {
  const ended = (type: 'pipeline' | 'pipeline_snapshot', id: string | null) =>
    id === null ? [] : [{ source: sourceText(type, id), event: `run_${status}` }];
  return [
    { source: sourceText('pipeline_run', runId), event: status },
    ...ended('pipeline', run.pipeline_id),
    ...ended('pipeline_snapshot', run.snapshot_id),
    // Runs of a named snapshot are runs of one that was derived from it.
    ...ended('pipeline_snapshot', run.source_snapshot_id),
  ];
}

function infoOf(run: EndedRun, runId: string): ExecutionInfo {
  const before = run.info === null ? undefined : (JSON.parse(run.info) as Partial<ExecutionInfo>);
  const pipelineId = fromNullableId(run.pipeline_id);
  const pipelineIds = [...(before?.upstream_pipeline_ids ?? []), ...(pipelineId === null ? [] : [pipelineId])];
  return {
    upstream_run_id: fromDatabaseId(runId),
    upstream_pipeline_ids: [...new Set(pipelineIds)],
    webhook_upstream_event: null,
  };
}
