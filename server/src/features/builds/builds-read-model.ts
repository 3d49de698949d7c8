import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { PipelineBuildTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { compareUuid } from '../../listing/comparisons.ts';
import { boolean, columnOf, custom, integer, text, USER_SCOPED_FIELDS, uuid } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import { type Depth, NESTED } from '../../listing/page.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { rawJson } from '../../raw-json.ts';
import { loadPipelines } from '../pipelines/pipelines-read-model.ts';
import { loadStacks } from '../stacks/stacks-read-model.ts';
import { loadOwners } from '../users/users-read-model.ts';

type BuildRow = Selectable<PipelineBuildTable>;
type NestedBuildRow = Pick<BuildRow, 'id' | 'created' | 'updated' | 'user_id' | 'project_id'>;

/** Loads pipeline builds by database id; see `Loader`. */
export async function loadBuilds(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, Model<'PipelineBuildResponse'>>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('pipeline_build').selectAll().where('id', 'in', ids).execute();
  const metadataOf = depth.metadata ? await loadMetadata(connection, rows) : undefined;
  const owners = depth.resources ? await loadOwners(connection, rows) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        ...toNestedBuild(row),
        metadata: metadataOf?.(row) ?? null,
        resources: owners ? { user: (row.user_id && owners.get(row.user_id)) || null } : null,
      },
    ]),
  );
}

/** A build as it is shown within another answer. */
export function toNestedBuild(row: NestedBuildRow): Model<'PipelineBuildResponse'> {
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
  };
}

async function loadMetadata(connection: Connection, rows: readonly BuildRow[]) {
  const pipelines = await loadPipelines(connection, [...new Set(rows.flatMap((row) => row.pipeline_id ?? []))], NESTED);
  const stacks = await loadStacks(connection, [...new Set(rows.flatMap((row) => row.stack_id ?? []))], NESTED);
  return (row: BuildRow): Model<'PipelineBuildResponseMetadata'> => ({
    pipeline: (row.pipeline_id && pipelines.get(row.pipeline_id)) || null,
    stack: (row.stack_id && stacks.get(row.stack_id)) || null,
    images: rawJson(row.images),
    zenml_version: row.zenml_version,
    python_version: row.python_version,
    checksum: row.checksum,
    stack_checksum: row.stack_checksum,
    is_local: row.is_local === 1,
    contains_code: row.contains_code === 1,
    duration: row.duration,
  });
}

/** How pipeline builds are listed. */
export const BUILD_LIST: ListDefinition<Model<'PipelineBuildResponse'>> = {
  table: 'pipeline_build',
  fields: {
    ...USER_SCOPED_FIELDS,
    pipeline_id: uuid('pipeline_id'),
    stack_id: uuid('stack_id'),
    container_registry_id: custom(
      (value, listed) => sql<SqlBool>`${columnOf(listed, 'stack_id')} in (select stack_id from stack_composition
        join stack_component on stack_component.id = stack_composition.component_id
        where stack_component.type = 'container_registry' and ${compareUuid(value)(columnOf('stack_component', 'id'))})`,
    ),
    is_local: boolean('is_local'),
    contains_code: boolean('contains_code'),
    zenml_version: text('zenml_version'),
    python_version: text('python_version'),
    checksum: text('checksum'),
    stack_checksum: text('stack_checksum'),
    duration: integer('duration'),
  },
  sorts: USER_SCOPED_SORTS,
  projectScoped: true,
  load: loadBuilds,
};
