import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { Depth } from '../../listing/page.ts';
import { loadRunDetails, type RunDetailOptions } from './run-details-read-model.ts';
import { loadRunResources } from './run-resources-read-model.ts';
import { loadNestedRuns, selectRuns, toNestedRun } from './run-rows-read-model.ts';

type RunResponse = Model<'PipelineRunResponse'>;

/** Loads runs by database id; see `Loader`. */
export async function loadRuns(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
  options: RunDetailOptions = {},
): Promise<Map<string, RunResponse>> {
  if (ids.length === 0) return new Map();
  if (!depth.resources && !depth.metadata) return loadNestedRuns(connection, ids);
  const rows = await selectRuns(connection, ids);
  if (rows.length === 0) return new Map();
  const resourcesOf = depth.resources ? await loadRunResources(connection, rows) : undefined;
  const detailsOf = depth.metadata ? await loadRunDetails(connection, rows, options) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      { ...toNestedRun(row), metadata: detailsOf?.(row) ?? null, resources: resourcesOf?.(row) ?? null },
    ]),
  );
}
