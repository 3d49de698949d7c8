import type { Selectable } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { TriggerTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant, toDatabaseInstant, toNullableApiInstant } from '../../database/instants.ts';

/** A trigger of any type. */
export type TriggerResponse =
  | Model<'ScheduleTriggerResponse'>
  | Model<'PlatformEventTriggerResponse'>
  | Model<'WebhookTriggerResponse'>;

/** A trigger as it is shown within another answer; `undefined` for a type that ZenML 0.98.0 does not know. */
export function toNestedTrigger(row: Selectable<TriggerTable>): TriggerResponse | undefined {
  const body = {
    created: toApiInstant(row.created),
    updated: toApiInstant(row.updated),
    user_id: fromNullableId(row.user_id),
    project_id: fromDatabaseId(row.project_id),
    active: row.active === 1,
    is_archived: row.is_archived === 1,
    type: row.type as Model<'TriggerType'>,
    flavor: row.flavor as Model<'TriggerFlavor'>,
    name: row.name,
    concurrency: row.concurrency as Model<'TriggerRunConcurrency'>,
  };
  const envelope = { metadata: null, resources: null, id: fromDatabaseId(row.id), permission_denied: false };
  const configuration = JSON.parse(row.configuration);
  switch (row.type) {
    case 'schedule':
      return { ...envelope, body: { ...body, ...toTimetable(configuration, row) } };
    case 'platform_event': {
      const { source_entity, target_events } = configuration;
      return { ...envelope, body: { ...body, source_entity, target_events } };
    }
    case 'webhook':
      return {
        ...envelope,
        body: { ...body, configuration: configuration.configuration, webhook_id: fromNullableId(row.webhook_id) },
      };
    default:
      return undefined;
  }
}

interface Timetable {
  readonly cron_expression?: string | null;
  readonly interval?: number | null;
  readonly max_runs?: number | null;
  readonly start_time?: string | null;
  readonly end_time?: string | null;
  readonly run_once_start_time?: string | null;
}

function toTimetable(timetable: Timetable, row: Selectable<TriggerTable>) {
  return {
    cron_expression: timetable.cron_expression ?? null,
    interval: timetable.interval ?? null,
    max_runs: timetable.max_runs ?? null,
    start_time: withoutZone(timetable.start_time),
    end_time: withoutZone(timetable.end_time),
    run_once_start_time: withoutZone(timetable.run_once_start_time),
    next_occurrence: row.active === 1 ? toNullableApiInstant(row.next_occurrence) : null,
  };
}

/** A timetable's instants stand in JSON, with fractions of a second; those without a zone are UTC already. */
function withoutZone(instant: string | null | undefined): string | null {
  if (instant == null) return null;
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/i.test(instant.slice(10));
  return toApiInstant(zoned ? toDatabaseInstant(instant) : instant);
}
