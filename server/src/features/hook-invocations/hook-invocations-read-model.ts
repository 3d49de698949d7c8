import type { Selectable } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { HookInvocationTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant, toNullableApiInstant } from '../../database/instants.ts';
import { instant, text, USER_SCOPED_FIELDS, uuid } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { rawJsonOr } from '../../raw-json.ts';
import { loadNestedArtifactVersions } from '../artifacts/artifact-versions-read-model.ts';
import { loadLogsOf } from '../logs/logs-read-model.ts';
import { loadOwners } from '../users/users-read-model.ts';

type HookInvocationResponse = Model<'HookInvocationResponse'>;
type HookInvocationRow = Selectable<HookInvocationTable>;

/** Loads hook invocations by database id; see `Loader`. */
export async function loadHookInvocations(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, HookInvocationResponse>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('hook_invocation').selectAll().where('id', 'in', ids).execute();
  if (rows.length === 0) return new Map();
  const resourcesOf = depth.resources ? await loadResources(connection, rows) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        body: toBody(row),
        metadata: depth.metadata ? { source: row.source, exception_info: rawJsonOr(row.exception_info, null) } : null,
        resources: resourcesOf?.(row) ?? null,
        id: fromDatabaseId(row.id),
        permission_denied: false,
        name: row.name,
      },
    ]),
  );
}

function toBody(row: HookInvocationRow): Model<'HookInvocationResponseBody'> {
  return {
    created: toApiInstant(row.created),
    updated: toApiInstant(row.updated),
    user_id: fromNullableId(row.user_id),
    project_id: fromDatabaseId(row.project_id),
    hook_type: row.hook_type as Model<'HookType'>,
    status: row.status as Model<'ExecutionStatus'>,
    start_time: toApiInstant(row.start_time),
    end_time: toNullableApiInstant(row.end_time),
    pipeline_run_id: fromDatabaseId(row.pipeline_run_id),
    step_run_id: fromNullableId(row.step_run_id),
  };
}

async function loadResources(connection: Connection, rows: readonly HookInvocationRow[]) {
  const ids = rows.map((row) => row.id);
  const owners = await loadOwners(connection, rows);
  const logs = await loadLogsOf(connection, 'hook_invocation_id', ids);
  const outputs = await loadOutputs(connection, ids);
  return (row: HookInvocationRow): Model<'HookInvocationResponseResources'> => ({
    user: (row.user_id && owners.get(row.user_id)) || null,
    outputs: outputs.get(row.id) ?? {},
    log_collection: logs.get(row.id) ?? [],
  });
}

type Outputs = Record<string, Model<'ArtifactVersionResponse'>[]>;

async function loadOutputs(connection: Connection, ids: readonly string[]): Promise<Map<string, Outputs>> {
  const links = await connection
    .selectFrom('hook_invocation_output_artifact')
    .selectAll()
    .where('hook_invocation_id', 'in', ids)
    .execute();
  const outputs = new Map<string, Outputs>();
  if (links.length === 0) return outputs;
  const versions = await loadNestedArtifactVersions(
    connection,
    links.map((link) => link.artifact_version_id),
  );
  for (const { hook_invocation_id, artifact_version_id, name } of links) {
    const version = versions.get(artifact_version_id);
    const ofInvocation = outputs.get(hook_invocation_id) ?? {};
    if (version) ofInvocation[name] = [...(ofInvocation[name] ?? []), version];
    outputs.set(hook_invocation_id, ofInvocation);
  }
  return outputs;
}

/** How hook invocations are listed. */
export const HOOK_INVOCATION_LIST: ListDefinition<HookInvocationResponse> = {
  table: 'hook_invocation',
  fields: {
    ...USER_SCOPED_FIELDS,
    pipeline_run_id: uuid('pipeline_run_id'),
    step_run_id: uuid('step_run_id'),
    hook_type: text('hook_type'),
    name: text('name'),
    status: text('status'),
    start_time: instant('start_time'),
    end_time: instant('end_time'),
  },
  sorts: USER_SCOPED_SORTS,
  projectScoped: true,
  load: loadHookInvocations,
};
