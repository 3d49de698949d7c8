import type { Selectable } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { ScheduleTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant, toNullableApiInstant } from '../../database/instants.ts';
import { boolean, instant, text, USER_SCOPED_FIELDS, uuid } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { loadRunMetadata } from '../run-metadata/run-metadata-read-model.ts';
import { loadOwners } from '../users/users-read-model.ts';
import { formatDuration } from './durations.ts';

type ScheduleRow = Selectable<ScheduleTable>;

/** Loads schedules by database id; see `Loader`. */
export async function loadSchedules(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, Model<'ScheduleResponse'>>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('schedule').selectAll().where('id', 'in', ids).execute();
  const runMetadata = depth.metadata ? await loadRunMetadata(connection, 'schedule', ids) : undefined;
  const owners = depth.resources ? await loadOwners(connection, rows) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        ...toNestedSchedule(row),
        metadata: runMetadata
          ? {
              pipeline_id: fromNullableId(row.pipeline_id),
              orchestrator_id: fromNullableId(row.orchestrator_id),
              run_metadata: runMetadata.get(row.id) ?? {},
            }
          : null,
        resources: owners ? { user: (row.user_id && owners.get(row.user_id)) || null } : null,
      },
    ]),
  );
}

function toNestedSchedule(row: ScheduleRow): Model<'ScheduleResponse'> {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: fromNullableId(row.user_id),
      project_id: fromDatabaseId(row.project_id),
      active: row.active === 1,
      cron_expression: row.cron_expression,
      start_time: toNullableApiInstant(row.start_time),
      end_time: toNullableApiInstant(row.end_time),
      interval_second: row.interval_second === null ? null : formatDuration(row.interval_second),
      catchup: row.catchup === 1,
      run_once_start_time: toNullableApiInstant(row.run_once_start_time),
      is_archived: row.is_archived === 1,
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
    name: row.name,
  };
}

/** How schedules are listed. */
export const SCHEDULE_LIST: ListDefinition<Model<'ScheduleResponse'>> = {
  table: 'schedule',
  fields: {
    ...USER_SCOPED_FIELDS,
    pipeline_id: uuid('pipeline_id'),
    orchestrator_id: uuid('orchestrator_id'),
    active: boolean('active'),
    cron_expression: text('cron_expression'),
    start_time: instant('start_time'),
    end_time: instant('end_time'),
    interval_second: text('interval_second'),
    catchup: boolean('catchup'),
    name: text('name'),
    run_once_start_time: instant('run_once_start_time'),
    is_archived: boolean('is_archived'),
  },
  sorts: USER_SCOPED_SORTS,
  projectScoped: true,
  load: loadSchedules,
};
