import type { Connection } from '../../../database/database.ts';
import { type StepView, toStepView } from './step-views.ts';

/** What the graphs of all runs of a static snapshot have in common. */
export interface SnapshotView {
  readonly steps: readonly StepView[];
  /** The substitutions of the pipeline, without the date and time of a run. */
  readonly substitutions: Readonly<Record<string, string>>;
}

/** Gives the view of a snapshot by its database id. */
export type LoadSnapshotView = (connection: Connection, snapshotId: string) => Promise<SnapshotView>;

const MAX_SNAPSHOTS = 500;

/**
 * A snapshot's configurations never change, and are large to read and to parse for the few names that a graph needs:
 * the views of those asked for last are kept.
 */
export function createSnapshotViews(): LoadSnapshotView {
  const views = new Map<string, SnapshotView>();
  return async (connection, snapshotId) => {
    const view = views.get(snapshotId) ?? (await loadSnapshotView(connection, snapshotId));
    views.delete(snapshotId);
    views.set(snapshotId, view);
    const [oldest] = views.keys();
    if (views.size > MAX_SNAPSHOTS && oldest !== undefined) views.delete(oldest);
    return view;
  };
}

async function loadSnapshotView(connection: Connection, snapshotId: string): Promise<SnapshotView> {
  const rows = await connection
    .selectFrom('step_configuration')
    .select(['name', 'config'])
    .where('snapshot_id', '=', snapshotId)
    .orderBy('index')
    .execute();
  return {
    steps: rows.map((row) => toStepView(row.name, row.config)),
    substitutions: await loadSubstitutions(connection, snapshotId),
  };
}

/** The substitutions of a snapshot's pipeline. */
export async function loadSubstitutions(connection: Connection, snapshotId: string): Promise<Record<string, string>> {
  const row = await connection
    .selectFrom('pipeline_snapshot')
    .select('pipeline_configuration')
    .where('id', '=', snapshotId)
    .executeTakeFirst();
  const configuration = JSON.parse(row?.pipeline_configuration ?? '{}') as { substitutions?: Record<string, string> };
  return configuration.substitutions ?? {};
}
