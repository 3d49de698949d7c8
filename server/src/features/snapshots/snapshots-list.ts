import { type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import { compareUuid } from '../../listing/comparisons.ts';
import { columnOf, custom, flag, nameOrId, tags, text, USER_SCOPED_FIELDS, uuid } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import { relatedColumn, tagNames, USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { loadSnapshots } from './snapshots-read-model.ts';

const deploymentOf = (table: string) =>
  sql<SqlBool>`exists (select 1 from deployment where deployment.snapshot_id = ${columnOf(table, 'id')})`;

/** How snapshots are listed. */
export const SNAPSHOT_LIST: ListDefinition<Model<'PipelineSnapshotResponse'>> = {
  table: 'pipeline_snapshot',
  fields: {
    ...USER_SCOPED_FIELDS,
    name: text('name'),
    tags,
    named_only: flag((table) => sql<SqlBool>`${columnOf(table, 'name')} is not null`),
    pipeline: nameOrId({ column: 'pipeline_id', table: 'pipeline' }),
    stack: nameOrId({ column: 'stack_id', table: 'stack' }),
    build_id: uuid('build_id'),
    schedule_id: uuid('schedule_id'),
    source_snapshot_id: uuid('source_snapshot_id'),
    runnable: flag(
      (table) => sql<SqlBool>`${columnOf(table, 'build_id')} in (
        select id from pipeline_build where is_local = 0 and stack_id is not null)`,
    ),
    deployable: flag(
      (table) => sql<SqlBool>`(${columnOf(table, 'build_id')} is not null and ${columnOf(table, 'stack_id')} in (
        select stack_composition.stack_id from stack_composition
        join stack_component on stack_component.id = stack_composition.component_id
        where stack_component.type = 'deployer'))`,
    ),
    deployed: custom((value, table) =>
      value === 'true' ? deploymentOf(table) : sql<SqlBool>`not ${deploymentOf(table)}`,
    ),
    trigger_id: custom(
      (value, table) => sql<SqlBool>`${columnOf(table, 'id')} in (
        select coalesce(attached.source_snapshot_id, attached.id) from pipeline_snapshot as attached
        join trigger_snapshot on trigger_snapshot.snapshot_id = attached.id
        where ${compareUuid(value)(columnOf('trigger_snapshot', 'trigger_id'))})`,
      { always: true },
    ),
  },
  sorts: {
    ...USER_SCOPED_SORTS,
    tags: tagNames('pipeline_snapshot'),
    pipeline: relatedColumn('pipeline_id', 'pipeline'),
    stack: relatedColumn('stack_id', 'stack'),
    deployment: {
      by: () => sql`deployment.name`,
      join: (table) => sql`left join deployment on deployment.snapshot_id = ${columnOf(table, 'id')}`,
    },
  },
  projectScoped: true,
  load: loadSnapshots,
};
