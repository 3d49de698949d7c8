import { invalidBody } from '../../contract/issues.ts';
import type { Model } from '../../contract/operation-types.ts';
import { fromDatabaseId, toDatabaseId } from '../../database/ids.ts';
import { firstOccurrence } from './occurrences.ts';
import { toDate, toTimetable } from './timetable.ts';
import type { TriggerValues } from './triggers-store.ts';

/** A schedule that is made or changed. */
export type ScheduleRequest = Model<'ScheduleTriggerRequest'> | Model<'ScheduleTriggerUpdate'>;
type EventRequest = Model<'PlatformEventTriggerRequest'> | Model<'PlatformEventTriggerUpdate'>;
type SourceEntity = Model<'SourceEntity'>;

/** The columns of a trigger that depend on its type. */
export type TypeValues = Pick<TriggerValues, 'configuration'> &
  Partial<Pick<TriggerValues, 'next_occurrence' | 'source_entity' | 'target_events' | 'webhook_id'>>;

/** What a schedule is stored as. @param now the database's time @throws RequestValidationError 422 */
export function toScheduleValues(request: ScheduleRequest, now: Date): TypeValues {
  const timetable = toTimetable(request);
  const wanted = 'next_occurrence' in request && request.next_occurrence ? toDate(request.next_occurrence) : undefined;
  const next = wanted ?? firstOccurrence(timetable, now);
  return { configuration: JSON.stringify(timetable), next_occurrence: next ? toSecond(next) : null };
}

/** The database rounds what has a fraction. */
function toSecond(date: Date): string {
  return new Date(Math.round(date.getTime() / 1000) * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** What a trigger can wait for, by the type of its source. */
export const EVENTS: Readonly<Record<SourceEntity['type'], readonly string[]>> = {
  pipeline: ['run_completed', 'run_failed'],
  pipeline_run: ['completed', 'failed'],
  pipeline_snapshot: ['run_completed', 'run_failed'],
};

/** What a trigger on events of the platform is stored as. @throws RequestValidationError 422 for an unknown event */
export function toEventValues({ source_entity: { type, id }, target_events }: EventRequest): TypeValues {
  const allowed = EVENTS[type];
  for (const event of target_events) {
    if (allowed.includes(event)) continue;
    const list = allowed.map((name) => `'${name}'`).join(', ');
    throw invalidBody(
      `Invalid event '${event}' for source_type '${type}'. Allowed events: [${list}]`,
      'platform_event',
    );
  }
  const source = { type, id: fromDatabaseId(toDatabaseId(id)) };
  return {
    configuration: JSON.stringify({ source_entity: source, target_events }),
    source_entity: sourceText(source.type, toDatabaseId(id)),
    target_events: target_events.map((event) => `event:${event}`).join(' '),
  };
}

/** How triggers name what they wait for; `id` in database form. */
export function sourceText(type: SourceEntity['type'], id: string): string {
  return `${type}:${fromDatabaseId(id)}`;
}

/** Of an update of a webhook's trigger nothing may be left out. @throws RequestValidationError 422 */
export function requireWhole(sent: Readonly<Record<string, unknown>>): void {
  const missing = ['active', 'concurrency', 'configuration', 'name'].filter((name) => !(name in sent));
  if (missing.length === 0) return;
  throw invalidBody(
    `Webhook trigger updates must include all mutable fields. Missing: ${missing.join(', ')}.`,
    'webhook',
  );
}
