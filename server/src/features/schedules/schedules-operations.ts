import { invalidBody } from '../../contract/issues.ts';
import type { BodyOf } from '../../contract/operation-types.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Database, Transaction } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { toNullableDatabaseInstant } from '../../database/instants.ts';
import { illegalOperation } from '../../errors.ts';
import { type Lister, loadOne, noSuch } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { checkReference } from '../references.ts';
import { writeUnique } from '../unique-names.ts';
import { parseDuration } from './durations.ts';
import { loadSchedules, SCHEDULE_LIST } from './schedules-read-model.ts';
import * as store from './schedules-store.ts';

type ScheduleRequest = BodyOf<'create_schedule_api_v1_schedules_post'>;

/** The parts that the operations on schedules need. */
export interface SchedulesParts {
  readonly db: Database;
  readonly list: Lister;
}

/** The operations on schedules. */
export function schedulesOperations({ db, list }: SchedulesParts) {
  return {
    list_schedules_api_v1_schedules_get: (request) => list(SCHEDULE_LIST, request),

    get_schedule_api_v1_schedules__schedule_id__get: ({ path, query }) =>
      loadOne(db, loadSchedules, path.schedule_id, depthOf(query.hydrate), 'schedule'),

    create_schedule_api_v1_schedules_post: ({ body, query, identity, transaction }) =>
      transaction(async (tx) => {
        const project = await findProject(tx, query.project_name_or_id ?? body.project);
        const values = await toValues(tx, body, project.id, toDatabaseId(identity.user.id));
        const id = await writeUnique(
          { operation: 'create', kind: 'schedule', name: body.name, projectName: project.name },
          () => store.insertSchedule(tx, values),
        );
        return one(await loadSchedules(tx, [id], FULL), id);
      }),

    update_schedule_api_v1_schedules__schedule_id__put: ({ path, body, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.schedule_id);
        const schedule = await store.lockSchedule(tx, id);
        if (!schedule) throw noSuch('schedule', id);
        if (schedule.is_archived === 1) throw illegalOperation('Archived schedules can not be updated.');
        const project = await findProject(tx, schedule.project_id);
        const changes = {
          ...(body.name != null && { name: body.name }),
          ...(body.cron_expression && { cron_expression: body.cron_expression }),
          ...(body.active != null && { active: body.active ? 1 : 0 }),
        };
        await writeUnique(
          { operation: 'update', kind: 'schedule', name: body.name ?? '', projectName: project.name },
          () => store.updateSchedule(tx, id, changes),
        );
        return one(await loadSchedules(tx, [id], FULL), id);
      }),

    delete_schedule_api_v1_schedules__schedule_id__delete: ({ path, query, transaction }) =>
      transaction(async (tx) => {
        const schedule = await store.lockSchedule(tx, toDatabaseId(path.schedule_id));
        if (!schedule) throw noSuch('schedule', path.schedule_id);
        if (query.soft) await store.archiveSchedule(tx, schedule);
        else await store.deleteSchedule(tx, schedule.id);
        return null;
      }),
  } satisfies Handlers;
}

async function toValues(
  transaction: Transaction,
  request: ScheduleRequest,
  projectId: string,
  userId: string,
): Promise<store.ScheduleValues> {
  const periodic = request.start_time && request.interval_second;
  if (!request.cron_expression && !periodic && !request.run_once_start_time) {
    throw invalidBody(
      'Either a cron expression, a start time and interval seconds or a run once start time need to be set for a valid schedule.',
    );
  }
  const from = 'schedule';
  const orchestrator = { table: 'stack_component', id: request.orchestrator_id, from, type: 'orchestrator' } as const;
  return {
    name: request.name,
    project_id: projectId,
    user_id: userId,
    orchestrator_id: await checkReference(transaction, orchestrator),
    pipeline_id: await checkReference(transaction, { table: 'pipeline', id: request.pipeline_id, from, projectId }),
    active: request.active ? 1 : 0,
    cron_expression: request.cron_expression ?? null,
    start_time: toNullableDatabaseInstant(request.start_time),
    end_time: toNullableDatabaseInstant(request.end_time),
    interval_second: request.interval_second == null ? null : parseDuration(request.interval_second),
    catchup: request.catchup ? 1 : 0,
    run_once_start_time: toNullableDatabaseInstant(request.run_once_start_time),
    is_archived: 0,
  };
}
