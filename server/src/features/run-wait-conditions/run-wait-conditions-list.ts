import type { Selectable } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { RunWaitConditionTable } from '../../database/generated/schema.gen.ts';
import { instant, nameOrId, runMetadata, text, USER_SCOPED_FIELDS } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { rawJsonOr } from '../../raw-json.ts';
import { loadRunMetadata, type RunMetadata } from '../run-metadata/run-metadata-read-model.ts';
import { loadNestedRuns } from '../runs/run-rows-read-model.ts';
import { loadOwners } from '../users/users-read-model.ts';
import { toNestedWaitCondition } from './run-wait-conditions-read-model.ts';

type WaitConditionResponse = Model<'RunWaitConditionResponse'>;
type WaitConditionRow = Selectable<RunWaitConditionTable>;

/** Loads wait conditions by database id; see `Loader`. */
export async function loadWaitConditions(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, WaitConditionResponse>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('run_wait_condition').selectAll().where('id', 'in', ids).execute();
  const metadata = depth.metadata ? await loadRunMetadata(connection, 'wait_condition', ids) : undefined;
  const resourcesOf = depth.resources ? await loadResources(connection, rows) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        ...toNestedWaitCondition(row),
        metadata: metadata ? toMetadata(row, metadata.get(row.id) ?? {}) : null,
        resources: resourcesOf?.(row) ?? null,
      },
    ]),
  );
}

function toMetadata(row: WaitConditionRow, metadata: RunMetadata): Model<'RunWaitConditionResponseMetadata'> {
  return {
    question: row.question,
    run_metadata: metadata ?? {},
    data_schema: rawJsonOr(row.data_schema_json, null),
    resolution: row.resolution as Model<'RunWaitConditionResolution'> | null,
    result: rawJsonOr(row.result_json, null),
  };
}

async function loadResources(connection: Connection, rows: readonly WaitConditionRow[]) {
  const owners = await loadOwners(connection, rows);
  const runs = await loadNestedRuns(connection, [...new Set(rows.map((row) => row.run_id))]);
  return (row: WaitConditionRow): Model<'RunWaitConditionResponseResources'> => {
    const run = runs.get(row.run_id);
    if (!run) throw new Error(`Wait condition ${row.id} has no run.`);
    return { user: (row.user_id && owners.get(row.user_id)) || null, run };
  };
}

/** How wait conditions are listed. */
export const WAIT_CONDITION_LIST: ListDefinition<WaitConditionResponse> = {
  table: 'run_wait_condition',
  fields: {
    ...USER_SCOPED_FIELDS,
    run_metadata: runMetadata('wait_condition'),
    pipeline_run: nameOrId({ column: 'run_id', table: 'pipeline_run' }),
    type: text('type'),
    status: text('status'),
    name: text('name'),
    resolved_by: nameOrId({ column: 'resolved_by_user_id', table: 'user', also: ['full_name'] }),
    resolved_at: instant('resolved_at'),
    resolution: text('resolution'),
  },
  sorts: USER_SCOPED_SORTS,
  projectScoped: true,
  load: loadWaitConditions,
};
