import { type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId, isUuid, toDatabaseId } from '../../database/ids.ts';
import { valueError } from '../../errors.ts';
import type { Condition } from '../../listing/comparisons.ts';
import {
  boolean,
  columnOf,
  custom,
  type Field,
  instant,
  text,
  USER_SCOPED_FIELDS,
  uuid,
} from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import { type Depth, NESTED } from '../../listing/page.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { loadNestedRuns } from '../runs/run-rows-read-model.ts';
import { loadSnapshots } from '../snapshots/snapshots-read-model.ts';
import { loadOwners } from '../users/users-read-model.ts';
import { toNestedWebhook } from '../webhooks/webhooks-read-model.ts';
import { type TriggerResponse, toNestedTrigger } from './triggers-read-model.ts';

type TriggerRow = { id: string; user_id: string | null; webhook_id: string | null };

/** Loads triggers by database id; see `Loader`. */
export async function loadTriggers(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, TriggerResponse>> {
  const rows = await connection.selectFrom('trigger').selectAll().where('id', 'in', ids).execute();
  if (rows.length === 0) return new Map();
  const resourcesOf = depth.resources ? await loadResources(connection, rows) : undefined;
  return new Map(
    rows.flatMap((row) => {
      const trigger = toNestedTrigger(row);
      if (!trigger) return [];
      const shown = { ...trigger, metadata: depth.metadata ? {} : null, resources: resourcesOf?.(row) ?? null };
      return [[row.id, shown]];
    }),
  );
}

async function loadResources(connection: Connection, rows: readonly TriggerRow[]) {
  const ids = rows.map((row) => row.id);
  const owners = await loadOwners(connection, rows);
  const links = await loadLinks(connection, ids);
  const shownIds = links.flatMap((link) => [link.snapshot_id, link.source_snapshot_id ?? link.snapshot_id]);
  const snapshots = await loadSnapshots(connection, [...new Set(shownIds)], NESTED);
  const runs = await loadLatestRuns(connection, ids);
  const webhooks = await loadNestedWebhooks(connection, [...new Set(rows.flatMap((row) => row.webhook_id ?? []))]);
  return (row: TriggerRow): Model<'TriggerResponseResources'> => {
    const attached = links.filter((link) => link.trigger_id === row.id);
    return {
      user: (row.user_id && owners.get(row.user_id)) || null,
      snapshots: attached.flatMap((link) => snapshots.get(link.source_snapshot_id ?? link.snapshot_id) ?? []),
      executable_snapshots: attached.flatMap((link) => snapshots.get(link.snapshot_id) ?? []),
      latest_run: runs.get(row.id) ?? null,
      webhook: (row.webhook_id && webhooks.get(row.webhook_id)) || null,
      snapshot_dispatch_states: Object.fromEntries(
        attached.flatMap((link) => {
          const state = link.dispatch_state ? parseState(link.dispatch_state) : undefined;
          return state ? [[fromDatabaseId(link.source_snapshot_id ?? link.snapshot_id), state]] : [];
        }),
      ),
    };
  };
}

function loadLinks(connection: Connection, triggerIds: readonly string[]) {
  return connection
    .selectFrom('trigger_snapshot')
    .innerJoin('pipeline_snapshot', 'pipeline_snapshot.id', 'trigger_snapshot.snapshot_id')
    .selectAll('trigger_snapshot')
    .select('pipeline_snapshot.source_snapshot_id')
    .where('trigger_snapshot.trigger_id', 'in', triggerIds)
    .execute();
}

/** How the last dispatch of a snapshot went; `undefined` for what cannot be read. */
export function parseState(stored: string): Model<'TriggerSnapshotDispatchState'> | undefined {
  try {
    return JSON.parse(stored) as Model<'TriggerSnapshotDispatchState'>;
  } catch {
    return undefined;
  }
}

async function loadLatestRuns(connection: Connection, triggerIds: readonly string[]) {
  const newest = sql<string | null>`(select execution.pipeline_run_id from trigger_execution as execution
    where execution.trigger_id = \`trigger\`.id order by execution.created_at desc limit 1)`;
  const executions = await connection
    .selectFrom('trigger')
    .select(['id', newest.as('run_id')])
    .where('id', 'in', triggerIds)
    .execute();
  const latest = new Map(executions.flatMap(({ id, run_id }) => (run_id === null ? [] : [[id, run_id] as const])));
  if (latest.size === 0) return new Map<string, Model<'PipelineRunResponse'>>();
  const runs = await loadNestedRuns(connection, [...new Set(latest.values())]);
  return new Map(
    [...latest].flatMap(([triggerId, runId]): [string, Model<'PipelineRunResponse'>][] => {
      const run = runs.get(runId);
      return run ? [[triggerId, run]] : [];
    }),
  );
}

async function loadNestedWebhooks(connection: Connection, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, Model<'WebhookResponse'>>();
  const rows = await connection.selectFrom('webhook').selectAll().where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, toNestedWebhook(row)]));
}

/** A column that has one of several values, separated by commas. */
const oneOf = (column: string): Field =>
  custom((value, listed) => sql<SqlBool>`${columnOf(listed, column)} in (${sql.join(value.split(','))})`, {
    always: true,
  });

/** A condition on the snapshots that a trigger runs. */
const attached = (condition: (ids: readonly string[]) => Condition): Field =>
  custom(
    (value, listed) => sql<SqlBool>`exists (select 1 from trigger_snapshot as link
      join pipeline_snapshot as snapshot on snapshot.id = link.snapshot_id
      where link.trigger_id = ${columnOf(listed, 'id')} and ${condition(value.split(',').map(requireId))})`,
    { always: true },
  );

function requireId(text: string): string {
  if (!isUuid(text)) throw valueError('badly formed hexadecimal UUID string');
  return toDatabaseId(text);
}

/** Several values of one of these parameters are alternatives, which the fields read from one text. */
const ALTERNATIVES: readonly string[] = ['type', 'flavor', 'pipeline_id', 'snapshot_id'];

/** Joins the alternatives of a query into one text each. */
export function joinAlternatives(query: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [
      name,
      ALTERNATIVES.includes(name) && Array.isArray(value) ? value.join(',') : value,
    ]),
  );
}

/** How triggers are listed. */
export const TRIGGER_LIST: ListDefinition<TriggerResponse> = {
  table: 'trigger',
  fields: {
    ...USER_SCOPED_FIELDS,
    name: text('name'),
    active: boolean('active'),
    is_archived: { ...boolean('is_archived'), column: undefined, always: true },
    flavor: oneOf('flavor'),
    type: oneOf('type'),
    next_occurrence: instant('next_occurrence'),
    concurrency: text('concurrency'),
    webhook_id: uuid('webhook_id'),
    pipeline_id: attached((ids) => sql<SqlBool>`snapshot.pipeline_id in (${sql.join(ids)})`),
    snapshot_id: attached(
      (ids) => sql<SqlBool>`(snapshot.id in (${sql.join(ids)}) or snapshot.source_snapshot_id in (${sql.join(ids)}))`,
    ),
  },
  sorts: USER_SCOPED_SORTS,
  projectScoped: true,
  load: loadTriggers,
};
