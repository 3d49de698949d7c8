import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { RunTemplateTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { type Condition, compareUuid } from '../../listing/comparisons.ts';
import {
  columnOf,
  custom,
  type Field,
  nameOrIdCondition,
  tags,
  text,
  USER_SCOPED_FIELDS,
} from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import { type Depth, NESTED } from '../../listing/page.ts';
import { tagNames, USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { rawJsonOr } from '../../raw-json.ts';
import { loadBuilds } from '../builds/builds-read-model.ts';
import { loadCodeReferences } from '../code-repositories/code-repositories-read-model.ts';
import { loadPipelines } from '../pipelines/pipelines-read-model.ts';
import { loadRunConfigurationForms } from '../run-configuration/run-configuration-read-model.ts';
import { loadSnapshots } from '../snapshots/snapshots-read-model.ts';
import { loadTags } from '../tags/tags-read-model.ts';
import { loadOwners } from '../users/users-read-model.ts';

type RunTemplateResponse = Model<'RunTemplateResponse'>;
type TemplateRow = Selectable<RunTemplateTable> & {
  pipeline_id: string | null;
  build_id: string | null;
  code_reference_id: string | null;
  build_is_local: number | null;
  build_stack_id: string | null;
};

/** Loads run templates by database id; see `Loader`. */
export async function loadRunTemplates(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, RunTemplateResponse>> {
  const rows = await connection
    .selectFrom('run_template')
    .leftJoin('pipeline_snapshot as snapshot', 'snapshot.id', 'run_template.source_snapshot_id')
    .leftJoin('pipeline_build as build', 'build.id', 'snapshot.build_id')
    .selectAll('run_template')
    .select(['snapshot.pipeline_id', 'snapshot.build_id', 'snapshot.code_reference_id'])
    .select(['build.is_local as build_is_local', 'build.stack_id as build_stack_id'])
    .where('run_template.id', 'in', ids)
    .execute();
  if (rows.length === 0) return new Map();
  const metadataOf = depth.metadata ? await loadMetadata(connection, rows) : undefined;
  const resourcesOf = depth.resources ? await loadResources(connection, rows) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        body: {
          created: toApiInstant(row.created),
          updated: toApiInstant(row.updated),
          user_id: fromNullableId(row.user_id),
          project_id: fromDatabaseId(row.project_id),
          runnable: row.build_is_local === 0 && row.build_stack_id !== null,
          hidden: row.hidden === 1,
        },
        metadata: metadataOf?.(row) ?? null,
        resources: resourcesOf?.(row) ?? null,
        id: fromDatabaseId(row.id),
        permission_denied: false,
        name: row.name,
      },
    ]),
  );
}

const unique = (values: readonly (string | null)[]) => [...new Set(values.flatMap((value) => value ?? []))];

async function loadMetadata(connection: Connection, rows: readonly TemplateRow[]) {
  const snapshotIds = unique(rows.map((row) => row.source_snapshot_id));
  const snapshots =
    snapshotIds.length > 0
      ? await connection
          .selectFrom('pipeline_snapshot')
          .select(['id', 'pipeline_spec'])
          .where('id', 'in', snapshotIds)
          .execute()
      : [];
  const forms = await loadRunConfigurationForms(connection, snapshotIds);
  const specifications = new Map(snapshots.map(({ id, pipeline_spec }) => [id, pipeline_spec]));
  return (row: TemplateRow): Model<'RunTemplateResponseMetadata'> => ({
    description: row.description,
    pipeline_spec: rawJsonOr(specifications.get(row.source_snapshot_id ?? '') ?? null, null),
    config_template: forms.get(row.source_snapshot_id ?? '')?.config_template ?? null,
    config_schema: forms.get(row.source_snapshot_id ?? '')?.config_schema ?? null,
  });
}

async function loadResources(connection: Connection, rows: readonly TemplateRow[]) {
  const ids = rows.map((row) => row.id);
  const owners = await loadOwners(connection, rows);
  const snapshots = await loadSnapshots(connection, unique(rows.map((row) => row.source_snapshot_id)), NESTED);
  const pipelines = await loadPipelines(connection, unique(rows.map((row) => row.pipeline_id)), NESTED);
  const builds = await loadBuilds(connection, unique(rows.map((row) => row.build_id)), NESTED);
  const references = await loadCodeReferences(connection, unique(rows.map((row) => row.code_reference_id)));
  const tagsOf = await loadTags(connection, 'run_template', ids);
  const runs = await loadLatestRuns(connection, ids);
  return (row: TemplateRow): Model<'RunTemplateResponseResources'> => {
    const run = runs.get(row.id);
    return {
      user: (row.user_id && owners.get(row.user_id)) || null,
      source_snapshot: (row.source_snapshot_id && snapshots.get(row.source_snapshot_id)) || null,
      pipeline: (row.pipeline_id && pipelines.get(row.pipeline_id)) || null,
      build: (row.build_id && builds.get(row.build_id)) || null,
      code_reference: (row.code_reference_id && references.get(row.code_reference_id)) || null,
      tags: tagsOf.get(row.id) ?? [],
      latest_run_id: run ? fromDatabaseId(run.id) : null,
      latest_run_status: run ? (run.status as Model<'ExecutionStatus'>) : null,
    };
  };
}

/** The newest run of the snapshots that were made from each template. */
async function loadLatestRuns(connection: Connection, ids: readonly string[]) {
  const place = sql<number>`row_number() over (partition by derived.template_id order by run.created desc)`;
  const rows = await connection
    .with('ranked', (query) =>
      query
        .selectFrom('pipeline_snapshot as derived')
        .innerJoin('pipeline_run as run', 'run.snapshot_id', 'derived.id')
        .select(['derived.template_id', 'run.id', 'run.status', place.as('place')])
        .where('derived.template_id', 'in', ids),
    )
    .selectFrom('ranked')
    .select(['template_id', 'id', 'status'])
    .where('place', '=', 1)
    .execute();
  return new Map(rows.map(({ template_id, id, status }) => [template_id ?? '', { id, status }]));
}

/** A condition on the snapshot that a template was made of. */
function onSnapshot(condition: (value: string) => Condition, join: Condition | undefined = undefined): Field {
  return custom(
    (value, listed) => sql<SqlBool>`${columnOf(listed, 'source_snapshot_id')} in (
      select snapshot.id from pipeline_snapshot as snapshot ${join ?? sql``} where ${condition(value)})`,
  );
}

const onColumn = (column: string): Field => onSnapshot((value) => compareUuid(value)(columnOf('snapshot', column)));

/** How run templates are listed. */
export const RUN_TEMPLATE_LIST: ListDefinition<RunTemplateResponse> = {
  table: 'run_template',
  fields: {
    ...USER_SCOPED_FIELDS,
    name: text('name'),
    tags,
    hidden: custom((value, listed) => sql<SqlBool>`${columnOf(listed, 'hidden')} = ${value === 'true' ? 1 : 0}`),
    pipeline_id: onColumn('pipeline_id'),
    build_id: onColumn('build_id'),
    stack_id: onColumn('stack_id'),
    code_repository_id: onSnapshot(
      (value) => compareUuid(value)(columnOf('code_reference', 'code_repository_id')),
      sql`join code_reference on code_reference.id = snapshot.code_reference_id`,
    ),
    pipeline: onSnapshot(
      (value) => nameOrIdCondition(value, 'pipeline'),
      sql`join pipeline on pipeline.id = snapshot.pipeline_id`,
    ),
    stack: onSnapshot((value) => nameOrIdCondition(value, 'stack'), sql`join stack on stack.id = snapshot.stack_id`),
  },
  sorts: { ...USER_SCOPED_SORTS, tags: tagNames('run_template') },
  projectScoped: true,
  load: loadRunTemplates,
};
