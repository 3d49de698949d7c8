import { type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import { now } from '../../database/instants.ts';
import {
  columnOf,
  custom,
  flag,
  instant,
  integer,
  nameOrIdCondition,
  runMetadata,
  text,
  USER_SCOPED_FIELDS,
  uuid,
} from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { loadSteps } from './steps-read-model.ts';

/** How step runs are listed. */
export const STEP_LIST: ListDefinition<Model<'StepRunResponse'>> = {
  table: 'step_run',
  fields: {
    ...USER_SCOPED_FIELDS,
    name: text('name'),
    code_hash: text('code_hash'),
    cache_key: text('cache_key'),
    status: text('status'),
    start_time: instant('start_time'),
    end_time: instant('end_time'),
    pipeline_run_id: uuid('pipeline_run_id'),
    snapshot_id: uuid('snapshot_id'),
    original_step_run_id: uuid('original_step_run_id'),
    model_version_id: uuid('model_version_id'),
    model: custom(
      (
        value,
        table,
      ) => sql<SqlBool>`${columnOf(table, 'model_version_id')} in (select model_version.id from model_version
        join model on model.id = model_version.model_id where ${nameOrIdCondition(value, 'model')})`,
    ),
    version: integer('version'),
    exclude_retried: flag((table) => sql<SqlBool>`${columnOf(table, 'status')} != 'retried'`),
    cache_expires_at: instant('cache_expires_at'),
    cache_expired: custom((value, table) => {
      const expires = columnOf(table, 'cache_expires_at');
      return value === 'true'
        ? sql<SqlBool>`(${expires} is not null and ${expires} < ${now()})`
        : sql<SqlBool>`(${expires} > ${now()} or ${expires} is null)`;
    }),
    run_metadata: runMetadata('step_run'),
  },
  sorts: USER_SCOPED_SORTS,
  projectScoped: true,
  load: loadSteps,
};
