import type { Selectable } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { StepRunTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant, toNullableApiInstant } from '../../database/instants.ts';
import type { Depth } from '../../listing/page.ts';
import { rawJson } from '../../raw-json.ts';
import { loadNestedArtifactVersions } from '../artifacts/artifact-versions-read-model.ts';
import { loadLogsOf } from '../logs/logs-read-model.ts';
import { loadNestedModelVersions } from '../models/model-versions-read-model.ts';
import { loadRunMetadata } from '../run-metadata/run-metadata-read-model.ts';
import { loadOwners } from '../users/users-read-model.ts';
import { loadStepConfigurations } from './step-configurations-read-model.ts';

type StepRunResponse = Model<'StepRunResponse'>;
type StepRow = Omit<Selectable<StepRunTable>, 'docstring' | 'source_code' | 'exception_info'>;

const COLUMNS = [
  'id',
  'created',
  'updated',
  'name',
  'start_time',
  'end_time',
  'latest_heartbeat',
  'status',
  'cache_key',
  'cache_expires_at',
  'code_hash',
  'version',
  'is_retriable',
  'heartbeat_threshold',
  'original_step_run_id',
  'snapshot_id',
  'pipeline_run_id',
  'user_id',
  'project_id',
  'model_version_id',
  'resource_request_id',
  'step_configuration',
] as const satisfies readonly (keyof StepRow)[];

/** Loads step runs by database id; see `Loader`. */
export async function loadSteps(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, StepRunResponse>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('step_run').select(COLUMNS).where('id', 'in', ids).execute();
  if (rows.length === 0) return new Map();
  const configurations = await loadStepConfigurations(connection, rows);
  const metadataOf = depth.metadata ? await loadMetadata(connection, ids) : undefined;
  const resourcesOf = depth.resources ? await loadResources(connection, rows) : undefined;
  return new Map(
    rows.map((row) => {
      const step = configurations.get(row.id);
      if (!step) throw new Error(`Step run ${row.id} has no configuration.`);
      return [
        row.id,
        {
          body: toBody(row, step),
          metadata: metadataOf?.(row, step) ?? null,
          resources: resourcesOf?.(row) ?? null,
          id: fromDatabaseId(row.id),
          permission_denied: false,
          name: row.name,
        },
      ];
    }),
  );
}

function toBody(row: StepRow, { config }: Model<'Step-Output'>): Model<'StepRunResponseBody'> {
  return {
    created: toApiInstant(row.created),
    updated: toApiInstant(row.updated),
    user_id: fromNullableId(row.user_id),
    project_id: fromDatabaseId(row.project_id),
    type: config.step_type ?? null,
    status: row.status as Model<'ExecutionStatus'>,
    version: row.version,
    is_retriable: row.is_retriable === 1,
    start_time: toNullableApiInstant(row.start_time),
    end_time: toNullableApiInstant(row.end_time),
    latest_heartbeat: toNullableApiInstant(row.latest_heartbeat),
    model_version_id: fromNullableId(row.model_version_id),
    resource_request_id: fromNullableId(row.resource_request_id),
    substitutions: config.substitutions,
    heartbeat_threshold: row.heartbeat_threshold,
  };
}

async function loadMetadata(connection: Connection, ids: readonly string[]) {
  const texts = await connection
    .selectFrom('step_run')
    .select(['id', 'docstring', 'source_code', 'exception_info'])
    .where('id', 'in', ids)
    .execute();
  const parents = await connection.selectFrom('step_run_parents').selectAll().where('child_id', 'in', ids).execute();
  const runMetadata = await loadRunMetadata(connection, 'step_run', ids);
  const textsOf = new Map(texts.map((row) => [row.id, row]));
  return (row: StepRow, { config, spec }: Model<'Step-Output'>): Model<'StepRunResponseMetadata'> => {
    const text = textsOf.get(row.id);
    return {
      config,
      spec,
      cache_key: row.cache_key,
      cache_expires_at: toNullableApiInstant(row.cache_expires_at),
      code_hash: row.code_hash,
      docstring: text?.docstring ?? null,
      source_code: text?.source_code ?? null,
      exception_info: text?.exception_info ? rawJson(text.exception_info) : null,
      snapshot_id: fromNullableId(row.snapshot_id) ?? '',
      pipeline_run_id: fromDatabaseId(row.pipeline_run_id),
      original_step_run_id: fromNullableId(row.original_step_run_id),
      parent_step_ids: parents.filter((link) => link.child_id === row.id).map((link) => fromDatabaseId(link.parent_id)),
      run_metadata: runMetadata.get(row.id) ?? {},
    };
  };
}

async function loadResources(connection: Connection, rows: readonly StepRow[]) {
  const ids = rows.map((row) => row.id);
  const owners = await loadOwners(connection, rows);
  const modelVersions = await loadNestedModelVersions(connection, [
    ...new Set(rows.flatMap((row) => row.model_version_id ?? [])),
  ]);
  const logs = await loadLogsOf(connection, 'step_run_id', ids);
  const { inputs, outputs } = await loadArtifacts(connection, ids);
  return (row: StepRow): Model<'StepRunResponseResources'> => ({
    user: (row.user_id && owners.get(row.user_id)) || null,
    model_version: (row.model_version_id && modelVersions.get(row.model_version_id)) || null,
    log_collection: logs.get(row.id) ?? [],
    inputs: inputs.get(row.id) ?? {},
    outputs: outputs.get(row.id) ?? {},
    resource_request: null,
  });
}

type Inputs = Record<string, Model<'StepRunInputResponse'>[]>;
type Outputs = Record<string, Model<'ArtifactVersionResponse'>[]>;

async function loadArtifacts(connection: Connection, ids: readonly string[]) {
  const inputRows = await connection
    .selectFrom('step_run_input_artifact')
    .selectAll()
    .where('step_id', 'in', ids)
    .orderBy('input_index')
    .execute();
  const outputRows = await connection
    .selectFrom('step_run_output_artifact')
    .selectAll()
    .where('step_id', 'in', ids)
    .execute();
  const versionIds = new Set([...inputRows, ...outputRows].map((row) => row.artifact_id));
  const versions = await loadNestedArtifactVersions(connection, [...versionIds]);
  const inputs = new Map<string, Inputs>();
  for (const row of inputRows) {
    const version = versions.get(row.artifact_id);
    if (!version) continue;
    append<Model<'StepRunInputResponse'>>(inputs, row.step_id, row.name, {
      ...version,
      input_type: row.type as Model<'StepRunInputArtifactType'>,
      index: row.input_index,
      chunk_index: row.chunk_index,
      chunk_size: row.chunk_size,
    });
  }
  const outputs = new Map<string, Outputs>();
  for (const row of outputRows) {
    const version = versions.get(row.artifact_id);
    if (version) append(outputs, row.step_id, row.name, version);
  }
  return { inputs, outputs };
}

function append<Item>(map: Map<string, Record<string, Item[]>>, stepId: string, name: string, item: Item): void {
  const ofStep = map.get(stepId) ?? {};
  map.set(stepId, ofStep);
  ofStep[name] = [...(ofStep[name] ?? []), item];
}
