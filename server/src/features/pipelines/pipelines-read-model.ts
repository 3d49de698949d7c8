import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { PipelineTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { compareText } from '../../listing/comparisons.ts';
import { columnOf, custom, nameOrIdCondition, tags, text, USER_SCOPED_FIELDS } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import { type Depth, NESTED } from '../../listing/page.ts';
import { tagNames, USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { loadCuratedVisualizations } from '../curated-visualizations/curated-visualizations-read-model.ts';
import { loadTags } from '../tags/tags-read-model.ts';
import { loadOwners, loadUsers } from '../users/users-read-model.ts';

type PipelineResponse = Model<'PipelineResponse'>;

/** Loads pipelines by database id; see `Loader`. */
export async function loadPipelines(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, PipelineResponse>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('pipeline').selectAll().where('id', 'in', ids).execute();
  if (rows.length === 0) return new Map();
  const resources = depth.resources ? await loadResources(connection, rows) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        ...toNestedPipeline(row),
        metadata: depth.metadata ? { description: row.description } : null,
        resources: resources?.(row) ?? null,
      },
    ]),
  );
}

/** What the body of a pipeline shows. */
export const PIPELINE_BODY_COLUMNS = ['id', 'created', 'updated', 'name', 'user_id', 'project_id'] as const;

/** A row of {@link PIPELINE_BODY_COLUMNS}. */
export type PipelineBodyRow = Pick<Selectable<PipelineTable>, (typeof PIPELINE_BODY_COLUMNS)[number]>;

/** A pipeline as it is shown within another answer. */
export function toNestedPipeline(row: PipelineBodyRow): PipelineResponse {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: fromNullableId(row.user_id),
      project_id: fromDatabaseId(row.project_id),
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
    name: row.name,
  };
}

type Owned = { id: string; user_id: string | null };

async function loadResources(connection: Connection, rows: readonly Owned[]) {
  const ids = rows.map((row) => row.id);
  const owners = await loadOwners(connection, rows);
  const tagsOf = await loadTags(connection, 'pipeline', ids);
  const runs = await loadLatestRuns(connection, ids);
  const visualizations = await loadCuratedVisualizations(connection, 'pipeline', ids);
  return (row: Owned): Model<'PipelineResponseResources'> => {
    const run = runs.get(row.id);
    return {
      user: (row.user_id && owners.get(row.user_id)) || null,
      tags: tagsOf.get(row.id) ?? [],
      latest_run_id: run?.id ?? null,
      latest_run_status: run?.status ?? null,
      latest_run_user: run?.user ?? null,
      visualizations: visualizations.get(row.id) ?? [],
    };
  };
}

interface LatestRun {
  id: string;
  status: Model<'ExecutionStatus'>;
  user: Model<'UserResponse'> | null;
}

/** The newest run of each pipeline: one step on the index (pipeline_id, created) each, in one statement. */
async function loadLatestRuns(connection: Connection, ids: readonly string[]): Promise<Map<string, LatestRun>> {
  const latest = sql<string>`(select run.id from pipeline_run as run where run.pipeline_id = pipeline.id
    order by run.created desc limit 1)`;
  const rows = await connection
    .selectFrom('pipeline')
    .innerJoin('pipeline_run', (join) => join.on('pipeline_run.id', '=', latest))
    .select(['pipeline.id as pipeline_id', 'pipeline_run.id', 'pipeline_run.status', 'pipeline_run.user_id'])
    .where('pipeline.id', 'in', ids)
    .execute();
  const users = await loadUsers(connection, [...new Set(rows.flatMap((row) => row.user_id ?? []))], NESTED);
  return new Map(
    rows.map((row) => [
      row.pipeline_id,
      {
        id: fromDatabaseId(row.id),
        status: row.status as Model<'ExecutionStatus'>,
        user: (row.user_id && users.get(row.user_id)) || null,
      },
    ]),
  );
}

/** A condition on the newest run of the listed pipeline; an empty value asks for nothing. */
function latestRun(condition: (value: string) => ReturnType<typeof nameOrIdCondition>) {
  return custom(
    (value, listed) =>
      value === ''
        ? undefined
        : sql<SqlBool>`exists (select 1 from pipeline_run where ${condition(value)} and pipeline_run.id = (
            select run.id from pipeline_run as run where run.pipeline_id = ${columnOf(listed, 'id')}
            order by run.created desc limit 1))`,
    { always: true },
  );
}

/** How pipelines are listed. */
export const PIPELINE_LIST: ListDefinition<PipelineResponse> = {
  table: 'pipeline',
  fields: {
    ...USER_SCOPED_FIELDS,
    name: text('name'),
    tags,
    latest_run_status: latestRun((value) => compareText(value)(columnOf('pipeline_run', 'status'))),
    latest_run_user: latestRun(
      (value) => sql`pipeline_run.user_id in (select id from user where ${nameOrIdCondition(value, 'user')})`,
    ),
  },
  sorts: {
    ...USER_SCOPED_SORTS,
    tags: tagNames('pipeline'),
    latest_run: {
      tiebreak: true,
      by: (listed) => sql`coalesce((select max(run.created) from pipeline_run as run
        where run.pipeline_id = ${columnOf(listed, 'id')}), ${columnOf(listed, 'created')})`,
    },
  },
  projectScoped: true,
  load: loadPipelines,
};
