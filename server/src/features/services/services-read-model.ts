import type { Selectable } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { decodeJsonText } from '../../database/encoded-json.ts';
import type { ServiceTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { text, USER_SCOPED_FIELDS, uuid } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { rawJson } from '../../raw-json.ts';
import { loadNestedModelVersions } from '../models/model-versions-read-model.ts';
import { loadNestedRuns } from '../runs/run-rows-read-model.ts';
import { loadOwners } from '../users/users-read-model.ts';

type ServiceResponse = Model<'ServiceResponse'>;
type ServiceRow = Selectable<ServiceTable>;

/** Loads services by database id; see `Loader`. */
export async function loadServices(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, ServiceResponse>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('service').selectAll().where('id', 'in', ids).execute();
  const resourcesOf = depth.resources ? await loadResources(connection, rows) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        body: toBody(row),
        metadata: depth.metadata ? toMetadata(row) : null,
        resources: resourcesOf?.(row) ?? null,
        id: fromDatabaseId(row.id),
        permission_denied: false,
        name: row.name,
      },
    ]),
  );
}

function toBody(row: ServiceRow): Model<'ServiceResponseBody'> {
  return {
    created: toApiInstant(row.created),
    updated: toApiInstant(row.updated),
    user_id: fromNullableId(row.user_id),
    project_id: fromDatabaseId(row.project_id),
    service_type: rawJson(row.service_type),
    labels: decoded(row.labels),
    state: row.state as Model<'ServiceState'> | null,
  };
}

function toMetadata(row: ServiceRow): Model<'ServiceResponseMetadata'> {
  return {
    service_source: row.service_source,
    admin_state: (row.admin_state || null) as Model<'ServiceState'> | null,
    config: rawJson(decodeJsonText(row.config) ?? '{}'),
    status: decoded(row.status),
    endpoint: decoded(row.endpoint),
    prediction_url: row.prediction_url || null,
    health_check_url: row.health_check_url,
  };
}

function decoded<T>(blob: Buffer | null): T | null {
  const json = decodeJsonText(blob);
  return json === undefined ? null : rawJson<T>(json);
}

async function loadResources(connection: Connection, rows: readonly ServiceRow[]) {
  const unique = (values: readonly (string | null)[]) => [...new Set(values.flatMap((value) => value ?? []))];
  const owners = await loadOwners(connection, rows);
  const versions = await loadNestedModelVersions(connection, unique(rows.map((row) => row.model_version_id)));
  const runIds = unique(rows.map((row) => row.pipeline_run_id));
  const runs = runIds.length > 0 ? await loadNestedRuns(connection, runIds) : undefined;
  return (row: ServiceRow): Model<'ServiceResponseResources'> => ({
    user: (row.user_id && owners.get(row.user_id)) || null,
    model_version: (row.model_version_id && versions.get(row.model_version_id)) || null,
    pipeline_run: (row.pipeline_run_id && runs?.get(row.pipeline_run_id)) || null,
  });
}

/** How many services a model version is shown with. */
const SHOWN = 5;

/** Loads the first page of the services of model versions, by the version's database id. */
export async function loadServicesOf(
  connection: Connection,
  modelVersionIds: readonly string[],
  depth: Depth,
): Promise<Map<string, Model<'Page_ServiceResponse_'>>> {
  const links = await connection
    .selectFrom('service')
    .select(['id', 'model_version_id'])
    .where('model_version_id', 'in', modelVersionIds)
    .execute();
  const idsOf = (versionId: string) => links.filter((row) => row.model_version_id === versionId).map(({ id }) => id);
  const shown = modelVersionIds.flatMap((versionId) => idsOf(versionId).slice(0, SHOWN));
  const services = await loadServices(connection, shown, depth);
  return new Map(
    modelVersionIds.map((versionId) => {
      const ids = idsOf(versionId);
      const page = {
        index: 1,
        max_size: SHOWN,
        total_pages: Math.max(1, Math.ceil(ids.length / SHOWN)),
        total: ids.length,
        items: ids.slice(0, SHOWN).flatMap((id) => services.get(id) ?? []),
      };
      return [versionId, page];
    }),
  );
}

/** How services are listed. */
export const SERVICE_LIST: ListDefinition<ServiceResponse> = {
  table: 'service',
  fields: {
    ...USER_SCOPED_FIELDS,
    name: text('name'),
    type: text('type'),
    flavor: text('flavor'),
    pipeline_name: text('pipeline_name'),
    pipeline_step_name: text('pipeline_step_name'),
    model_version_id: uuid('model_version_id'),
    pipeline_run_id: uuid('pipeline_run_id'),
  },
  sorts: USER_SCOPED_SORTS,
  projectScoped: true,
  load: loadServices,
};
