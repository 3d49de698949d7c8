import { sql } from 'kysely';
import { inCurrentForm } from '../../contract/stored-forms.ts';
import type { Connection, Transaction } from '../../database/database.ts';
import { decodeJson } from '../../database/encoded-json.ts';
import { valueError } from '../../errors.ts';
import { parseExactly } from '../../exact-numbers.ts';
import { isObject, type Json } from '../../json.ts';
import { noSuch } from '../../listing/lister.ts';
import { toValidJson } from '../../python-json.ts';

/** A component of the stack that a snapshot runs on. */
export interface RunComponent {
  readonly type: string;
  readonly name: string;
  readonly flavor: string;
  readonly configuration: Json;
  readonly isCustom: boolean;
  readonly integration: string | null;
  /** Import path of the flavor's class. */
  readonly source: string | null;
}

/** A stack with its components, the default of each type first. */
export interface RunStack {
  /** Database id. */
  readonly id: string;
  readonly name: string;
  readonly components: readonly RunComponent[];
}

/** What a snapshot's images were built from and for. */
export interface RunBuild {
  readonly id: string;
  readonly isLocal: boolean;
  readonly stack: RunStack | undefined;
  readonly stackChecksum: string | null;
  readonly zenmlVersion: string | null;
  readonly pythonVersion: string | null;
  /** JSON object: by key, `image` and what is said of it. */
  readonly images: Json;
}

/** A snapshot that is to be run; ids in database form. */
export interface RunSource {
  readonly id: string;
  readonly projectId: string;
  readonly pipelineId: string;
  readonly name: string | null;
  readonly isDynamic: boolean;
  readonly stack: RunStack | undefined;
  readonly build: RunBuild | undefined;
  readonly clientVersion: string | null;
}

/** Loads what decides whether and how a snapshot can be run. */
export async function loadRunSource(connection: Connection, snapshotId: string): Promise<RunSource | undefined> {
  const row = await connection
    .selectFrom('pipeline_snapshot as snapshot')
    .leftJoin('pipeline_build as build', 'build.id', 'snapshot.build_id')
    .select(['snapshot.id', 'snapshot.project_id', 'snapshot.pipeline_id', 'snapshot.name', 'snapshot.is_dynamic'])
    .select(['snapshot.client_version', 'snapshot.stack_id', 'build.id as build_id', 'build.is_local'])
    .select(['build.stack_id as build_stack_id', 'build.stack_checksum', 'build.zenml_version'])
    .select(['build.python_version', 'build.images'])
    .where('snapshot.id', '=', snapshotId)
    .executeTakeFirst();
  if (!row) return undefined;
  const stacks = await loadRunStacks(connection, [row.stack_id, row.build_stack_id]);
  return {
    id: row.id,
    projectId: row.project_id,
    pipelineId: row.pipeline_id,
    name: row.name,
    isDynamic: row.is_dynamic === 1,
    clientVersion: row.client_version,
    stack: stacks.get(row.stack_id ?? ''),
    build:
      row.build_id === null
        ? undefined
        : {
            id: row.build_id,
            isLocal: row.is_local === 1,
            stack: stacks.get(row.build_stack_id ?? ''),
            stackChecksum: row.stack_checksum,
            zenmlVersion: row.zenml_version,
            pythonVersion: row.python_version,
            images: asObject(parseExactly(row.images ?? '{}')),
          },
  };
}

async function loadRunStacks(
  connection: Connection,
  ids: readonly (string | null)[],
): Promise<ReadonlyMap<string, RunStack>> {
  const wanted = [...new Set(ids.flatMap((id) => id ?? []))];
  if (wanted.length === 0) return new Map();
  const stacks = await connection.selectFrom('stack').select(['id', 'name']).where('id', 'in', wanted).execute();
  const rows = await connection
    .selectFrom('stack_composition as composition')
    .innerJoin('stack_component as component', 'component.id', 'composition.component_id')
    .leftJoin('flavor', (join) =>
      join.onRef('flavor.name', '=', 'component.flavor').onRef('flavor.type', '=', 'component.type'),
    )
    .select(['composition.stack_id', 'component.type', 'component.name', 'component.flavor'])
    .select(['component.configuration', 'flavor.is_custom', 'flavor.integration', 'flavor.source'])
    .where('composition.stack_id', 'in', wanted)
    .orderBy(sql`composition.default_for_type is null`)
    .execute();
  return new Map(
    stacks.map(({ id, name }) => {
      const components = rows
        .filter((row) => row.stack_id === id)
        .map(({ type, name: component, flavor, configuration, is_custom, integration, source }) => ({
          type,
          name: component,
          flavor,
          configuration: asObject(decodeJson(configuration)),
          isCustom: is_custom === 1,
          integration,
          source,
        }));
      return [id, { id, name, components }] as const;
    }),
  );
}

/** Whether settings of a flavor of orchestrators tell it to wait for the end of the run. */
export async function canWait(connection: Connection, orchestratorFlavor: string): Promise<boolean> {
  const flavor = await connection
    .selectFrom('flavor')
    .select('config_schema')
    .where('type', '=', 'orchestrator')
    .where('name', '=', orchestratorFlavor)
    .executeTakeFirst();
  const properties = asObject(JSON.parse(toValidJson(flavor?.config_schema ?? '{}')))['properties'];
  return isObject(properties) && 'synchronous' in properties;
}

/** The part of a snapshot that a derived one takes over or changes. */
export interface SnapshotContents {
  readonly runNameTemplate: string;
  readonly pipelineConfiguration: Json;
  readonly pipelineSpec: Json | null;
  readonly steps: readonly { readonly name: string; readonly step: Json }[];
  readonly pipelineVersionHash: string | null;
  readonly sourceCode: string | null;
  readonly codePath: string | null;
  readonly sourceSnapshotId: string | null;
  readonly codeReference:
    | { readonly commit: string; readonly subdirectory: string; readonly repositoryId: string }
    | undefined;
}

/** Loads the configurations of a snapshot. */
export async function loadSnapshotContents(connection: Connection, snapshotId: string): Promise<SnapshotContents> {
  const row = await connection
    .selectFrom('pipeline_snapshot as snapshot')
    .leftJoin('code_reference', 'code_reference.id', 'snapshot.code_reference_id')
    .select(['run_name_template', 'pipeline_configuration', 'pipeline_spec', 'pipeline_version_hash', 'source_code'])
    .select(['code_path', 'source_snapshot_id', 'commit', 'subdirectory', 'code_repository_id'])
    .where('snapshot.id', '=', snapshotId)
    .executeTakeFirstOrThrow();
  const steps = await connection
    .selectFrom('step_configuration')
    .select(['name', 'config'])
    .where('snapshot_id', '=', snapshotId)
    .orderBy('index')
    .execute();
  const { commit, subdirectory, code_repository_id: repositoryId } = row;
  return {
    runNameTemplate: row.run_name_template,
    pipelineConfiguration: inCurrentForm('PipelineConfiguration', asObject(parseExactly(row.pipeline_configuration))),
    pipelineSpec: row.pipeline_spec === null ? null : asObject(parseExactly(row.pipeline_spec)),
    steps: steps.map(({ name, config }) => ({ name, step: inCurrentForm('Step', asObject(parseExactly(config))) })),
    pipelineVersionHash: row.pipeline_version_hash,
    sourceCode: row.source_code,
    codePath: row.code_path,
    sourceSnapshotId: row.source_snapshot_id,
    codeReference:
      commit !== null && subdirectory !== null && repositoryId !== null
        ? { commit, subdirectory, repositoryId }
        : undefined,
  };
}

function asObject(value: unknown): Json {
  return isObject(value) ? value : {};
}

/**
 * Holds a pipeline until the transaction ends, before anything that refers to it is written: its runs are numbered, and
 * two that had both referred to it could not both go on to count.
 */
export async function holdPipeline(transaction: Transaction, pipelineId: string): Promise<void> {
  await transaction.selectFrom('pipeline').select('id').where('id', '=', pipelineId).forUpdate().execute();
}

/** The snapshot that a run template was made of. @throws ApiError KeyError 404, ValueError 400 where it is gone */
export async function snapshotOfTemplate(connection: Connection, templateId: string): Promise<string> {
  const template = await connection
    .selectFrom('run_template')
    .select('source_snapshot_id')
    .where('id', '=', templateId)
    .executeTakeFirst();
  if (!template) throw noSuch('run template', templateId);
  if (template.source_snapshot_id !== null) return template.source_snapshot_id;
  throw valueError('This template can not be run because it has no source snapshot.');
}

/** The snapshot that a run was made of. @throws ApiError KeyError 404, ValueError 400 where it has none */
export async function snapshotOfRun(connection: Connection, runId: string): Promise<string> {
  const run = await connection
    .selectFrom('pipeline_run')
    .select('snapshot_id')
    .where('id', '=', runId)
    .executeTakeFirst();
  if (!run) throw noSuch('pipeline run', runId);
  if (run.snapshot_id !== null) return run.snapshot_id;
  throw valueError('Cannot replay a run without a snapshot.');
}

/** Whether there is a record of what a run's runner logs. */
export async function hasRunnerLogs(connection: Connection, runId: string): Promise<boolean> {
  const record = await connection
    .selectFrom('logs')
    .select('id')
    .where('pipeline_run_id', '=', runId)
    .where('source', '=', 'runner')
    .executeTakeFirst();
  return record !== undefined;
}
