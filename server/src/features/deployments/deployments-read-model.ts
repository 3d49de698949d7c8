import type { Selectable } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { DeploymentTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';

const STATUSES: readonly string[] = [
  'unknown',
  'pending',
  'running',
  'absent',
  'error',
] satisfies readonly Model<'DeploymentStatus'>[];

/** Loads the deployments of snapshots, by the snapshot's database id, as they are shown within another answer. */
export async function loadDeploymentsOfSnapshots(
  connection: Connection,
  snapshotIds: readonly string[],
): Promise<Map<string, Model<'DeploymentResponse'>>> {
  if (snapshotIds.length === 0) return new Map();
  const rows = await connection.selectFrom('deployment').selectAll().where('snapshot_id', 'in', snapshotIds).execute();
  return new Map(rows.map((row) => [row.snapshot_id ?? '', toNestedDeployment(row)]));
}

/** A deployment as it is shown within another answer. */
export function toNestedDeployment(row: Selectable<DeploymentTable>): Model<'DeploymentResponse'> {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: fromNullableId(row.user_id),
      project_id: fromDatabaseId(row.project_id),
      url: row.url,
      status: (STATUSES.includes(row.status) ? row.status : 'unknown') as Model<'DeploymentStatus'>,
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
    name: row.name,
  };
}
