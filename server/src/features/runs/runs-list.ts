import { type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import { type Comparator, type Condition, compareText, compareUuid } from '../../listing/comparisons.ts';
import {
  boolean,
  columnOf,
  custom,
  flag,
  instant,
  integer,
  nameOrId,
  nameOrIdCondition,
  related,
  runMetadata,
  tags,
  text,
  USER_SCOPED_FIELDS,
  uuid,
} from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import { relatedColumn, tagNames, USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { loadRuns } from './runs-read-model.ts';

const PIPELINE = { column: 'pipeline_id', table: 'pipeline' } as const;

/** A condition on the run's snapshot, which the subquery calls `snapshot`. */
function onSnapshot(condition: (value: string) => Condition, joins = sql``) {
  return custom(
    (value, listed) => sql<SqlBool>`${columnOf(listed, 'snapshot_id')} in (
      select snapshot.id from pipeline_snapshot as snapshot ${joins} where ${condition(value)})`,
  );
}

/** The id of something that the run's snapshot refers to. */
const onSnapshotColumn = (column: string) => onSnapshot((value) => compareUuid(value)(columnOf('snapshot', column)));

/** The id of something that the snapshot has; no comparison, not even one that all values pass, finds runs without it. */
const ofSnapshot = (column: string) =>
  onSnapshot((value) => {
    const id = columnOf('snapshot', column);
    return sql`(${id} is not null and ${compareUuid(value)(id)})`;
  });

const CODE_REFERENCE = sql`join code_reference on code_reference.id = snapshot.code_reference_id`;
const COMPOSITION = sql`join stack_composition on stack_composition.stack_id = snapshot.stack_id`;

/** What triggered the run, by id. */
const triggeredBy = (type: string, table: 'step_run' | 'deployment') =>
  custom(
    (value, listed) => sql<SqlBool>`(${columnOf(listed, 'triggered_by_type')} = ${type}
      and ${columnOf(listed, 'triggered_by')} in (
        select id from ${sql.table(table)} where ${compareUuid(value)(columnOf(table, 'id'))}))`,
  );

/** The runs that a table links to something, by the id of that. */
const linked = (table: string, column: string, compare: Comparator = compareUuid) =>
  custom(
    (value, listed) => sql<SqlBool>`${columnOf(listed, 'id')} in (
      select pipeline_run_id from ${sql.table(table)} where ${compare(value)(columnOf(table, column))})`,
  );

/** Whether a template can be made of a run: its build is remote, of a stack that is still there. */
const templatable = custom((value, listed) => {
  const build = sql`select 1 from pipeline_snapshot as snapshot join pipeline_build as build on build.id = snapshot.build_id
    where snapshot.id = ${columnOf(listed, 'snapshot_id')} and build.is_local = 0 and build.stack_id is not null`;
  return value === 'true' ? sql<SqlBool>`exists (${build})` : sql<SqlBool>`not exists (${build})`;
});

const rootRunsOnly = flag((listed) => sql<SqlBool>`${columnOf(listed, 'parent_run_id')} is null`);

/** How pipeline runs are listed. */
export const RUN_LIST: ListDefinition<Model<'PipelineRunResponse'>> = {
  table: 'pipeline_run',
  fields: {
    ...USER_SCOPED_FIELDS,
    name: text('name'),
    index: integer('index'),
    orchestrator_run_id: text('orchestrator_run_id'),
    pipeline_id: uuid('pipeline_id'),
    snapshot_id: uuid('snapshot_id'),
    model_version_id: uuid('model_version_id'),
    parent_run_id: uuid('parent_run_id'),
    status: text('status'),
    in_progress: boolean('in_progress'),
    start_time: instant('start_time'),
    end_time: instant('end_time'),
    tags,
    run_metadata: runMetadata('pipeline_run'),
    stack_id: ofSnapshot('stack_id'),
    schedule_id: ofSnapshot('schedule_id'),
    build_id: ofSnapshot('build_id'),
    template_id: onSnapshotColumn('template_id'),
    source_snapshot_id: onSnapshotColumn('source_snapshot_id'),
    code_repository_id: onSnapshot(
      (value) => compareUuid(value)(columnOf('code_reference', 'code_repository_id')),
      CODE_REFERENCE,
    ),
    code_repository: onSnapshot(
      (value) => sql`code_reference.code_repository_id in (
        select id from code_repository where ${nameOrIdCondition(value, 'code_repository')})`,
      CODE_REFERENCE,
    ),
    stack: onSnapshot(
      (value) => sql`snapshot.stack_id in (select id from stack where ${nameOrIdCondition(value, 'stack')})`,
    ),
    stack_component: onSnapshot(
      (value) => sql`stack_composition.component_id in (
        select id from stack_component where ${nameOrIdCondition(value, 'stack_component')})`,
      COMPOSITION,
    ),
    pipeline: nameOrId(PIPELINE),
    pipeline_name: related(PIPELINE, 'name', compareText),
    model: custom(
      (value, listed) => sql<SqlBool>`${columnOf(listed, 'model_version_id')} in (
        select model_version.id from model_version join model on model.id = model_version.model_id
        where ${nameOrIdCondition(value, 'model')})`,
    ),
    linked_to_model_version_id: linked('model_versions_runs', 'model_version_id'),
    trigger_id: linked('trigger_execution', 'trigger_id'),
    triggered_by_step_run_id: triggeredBy('step_run', 'step_run'),
    triggered_by_deployment_id: triggeredBy('deployment', 'deployment'),
    templatable,
    root_runs_only: rootRunsOnly,
  },
  sorts: {
    ...USER_SCOPED_SORTS,
    tags: tagNames('pipeline_run'),
    pipeline: relatedColumn('pipeline_id', 'pipeline'),
    stack: {
      by: () => sql`sorted_stack.name`,
      join: (listed) => sql`left join pipeline_snapshot as sorted_snapshot
        on sorted_snapshot.id = ${columnOf(listed, 'snapshot_id')}
        left join stack as sorted_stack on sorted_stack.id = sorted_snapshot.stack_id`,
    },
    model_version: relatedColumn('model_version_id', 'model_version'),
    model: {
      by: () => sql`sorted_model.name`,
      join: (listed) => sql`left join model_version as sorted_version
        on sorted_version.id = ${columnOf(listed, 'model_version_id')}
        left join model as sorted_model on sorted_model.id = sorted_version.model_id`,
    },
  },
  projectScoped: true,
  load: loadRuns,
};
