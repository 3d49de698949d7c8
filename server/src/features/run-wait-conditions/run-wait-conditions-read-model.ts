import type { Selectable } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { RunWaitConditionTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant, toNullableApiInstant } from '../../database/instants.ts';

/** Loads the newest pending wait condition of runs, by the run's database id. */
export async function loadActiveWaitConditions(
  connection: Connection,
  runIds: readonly string[],
): Promise<Map<string, Model<'RunWaitConditionResponse'>>> {
  if (runIds.length === 0) return new Map();
  const rows = await connection
    .selectFrom('run_wait_condition')
    .selectAll()
    .where('run_id', 'in', runIds)
    .where('status', '=', 'pending')
    .orderBy('created')
    .execute();
  return new Map(rows.map((row) => [row.run_id, toNestedWaitCondition(row)]));
}

/** A wait condition as it is shown within another answer. */
export function toNestedWaitCondition(row: Selectable<RunWaitConditionTable>): Model<'RunWaitConditionResponse'> {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: fromNullableId(row.user_id),
      project_id: fromDatabaseId(row.project_id),
      type: row.type as Model<'RunWaitConditionType'>,
      status: row.status as Model<'RunWaitConditionStatus'>,
      last_polled_at: toNullableApiInstant(row.last_polled_at),
      poller_instance_id: row.poller_instance_id,
      poller_lease_expires_at: toNullableApiInstant(row.poller_lease_expires_at),
      resolved_at: toNullableApiInstant(row.resolved_at),
      resolved_by_user_id: fromNullableId(row.resolved_by_user_id),
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
    name: row.name,
  };
}
