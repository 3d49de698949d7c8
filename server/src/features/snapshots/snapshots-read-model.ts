import { type Selectable, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import { inCurrentForm } from '../../contract/stored-forms.ts';
import type { Connection } from '../../database/database.ts';
import type { PipelineSnapshotTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { parseExactly } from '../../exact-numbers.ts';
import { type Depth, NESTED } from '../../listing/page.ts';
import { toValidJson } from '../../python-json.ts';
import { rawJson } from '../../raw-json.ts';
import { loadBuilds } from '../builds/builds-read-model.ts';
import { loadCodeReferences } from '../code-repositories/code-repositories-read-model.ts';
import { loadCuratedVisualizations } from '../curated-visualizations/curated-visualizations-read-model.ts';
import { loadDeploymentsOfSnapshots } from '../deployments/deployments-read-model.ts';
import { loadPipelines } from '../pipelines/pipelines-read-model.ts';
import { loadRunConfigurationForms } from '../run-configuration/run-configuration-read-model.ts';
import { loadSchedules } from '../schedules/schedules-read-model.ts';
import { loadStacks } from '../stacks/stacks-read-model.ts';
import { loadTags } from '../tags/tags-read-model.ts';
import { loadOwners, loadUsers } from '../users/users-read-model.ts';
import { inheritanceOf, toStep } from './step-configuration.ts';

type SnapshotResponse = Model<'PipelineSnapshotResponse'>;

/** How much of a snapshot an answer shows, besides its depth. */
export interface SnapshotOptions {
  /** Only the configurations of these steps; all where left out. */
  readonly steps?: readonly string[] | undefined;
  /** With the form of its run configuration, which takes more statements and all steps to make. */
  readonly withForm?: boolean;
}

/** Loads snapshots by database id; see `Loader`. */
export async function loadSnapshots(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
  options: SnapshotOptions = {},
): Promise<Map<string, SnapshotResponse>> {
  if (ids.length === 0) return new Map();
  const rows = await selectSnapshots(connection, ids);
  if (rows.length === 0) return new Map();
  const metadata = depth.metadata ? await loadMetadata(connection, ids, options) : undefined;
  const resourcesOf = depth.resources ? await loadResources(connection, rows) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        ...toNestedSnapshot(row),
        metadata: metadata?.get(row.id) ?? null,
        resources: resourcesOf?.(row) ?? null,
      },
    ]),
  );
}

/** What the body of a snapshot shows of its own row. */
export const SNAPSHOT_BODY_COLUMNS = [
  'id',
  'created',
  'updated',
  'name',
  'user_id',
  'project_id',
  'pipeline_id',
  'is_dynamic',
] as const;

/** A row of {@link SNAPSHOT_BODY_COLUMNS}, and what its build and its stack say. */
export type SnapshotBodyRow = Pick<Selectable<PipelineSnapshotTable>, (typeof SNAPSHOT_BODY_COLUMNS)[number]> & {
  build_is_local: number | null;
  build_stack_id: string | null;
  deployer_id: string | null;
};

/** A snapshot as it is shown within another answer. */
export function toNestedSnapshot(row: SnapshotBodyRow): SnapshotResponse {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: fromNullableId(row.user_id),
      project_id: fromDatabaseId(row.project_id),
      pipeline_id: fromDatabaseId(row.pipeline_id),
      runnable: row.build_is_local === 0 && row.build_stack_id !== null,
      deployable: row.build_is_local !== null && row.deployer_id !== null,
      is_dynamic: row.is_dynamic === 1,
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
    name: row.name,
  };
}

type SnapshotRow = Awaited<ReturnType<typeof selectSnapshots>>[number];

/** The columns of `body` and the references; configurations of up to 16 MB stay in the database. */
function selectSnapshots(connection: Connection, ids: readonly string[]) {
  return connection
    .selectFrom('pipeline_snapshot as snapshot')
    .leftJoin('pipeline_build as build', 'build.id', 'snapshot.build_id')
    .select(['snapshot.id', 'snapshot.created', 'snapshot.updated', 'snapshot.name', 'snapshot.user_id'])
    .select(['snapshot.project_id', 'snapshot.pipeline_id', 'snapshot.is_dynamic', 'snapshot.stack_id'])
    .select(['snapshot.build_id', 'snapshot.schedule_id', 'snapshot.code_reference_id'])
    .select(['build.is_local as build_is_local', 'build.stack_id as build_stack_id'])
    .select((snapshot) =>
      snapshot
        .selectFrom('stack_composition')
        .innerJoin('stack_component', 'stack_component.id', 'stack_composition.component_id')
        .select('stack_component.id')
        .whereRef('stack_composition.stack_id', '=', 'snapshot.stack_id')
        .where('stack_component.type', '=', 'deployer')
        .limit(1)
        .as('deployer_id'),
    )
    .where('snapshot.id', 'in', ids)
    .execute();
}

async function loadMetadata(connection: Connection, ids: readonly string[], options: SnapshotOptions) {
  const rows = await connection
    .selectFrom('pipeline_snapshot')
    .select(['id', 'is_dynamic', 'description', 'source_code', 'run_name_template', 'pipeline_configuration'])
    .select(['client_environment', 'client_version', 'server_version', 'pipeline_version_hash', 'pipeline_spec'])
    .select(['code_path', 'template_id', 'source_snapshot_id'])
    .where('id', 'in', ids)
    .execute();
  const steps = await loadStepTexts(connection, ids, options);
  const forms = await loadRunConfigurationForms(connection, options.withForm ? ids : []);
  return new Map(
    rows.map((row) => {
      const form = forms.get(row.id);
      const stored = parseExactly(row.pipeline_configuration) as Record<string, unknown>;
      const configuration = inCurrentForm('PipelineConfiguration', stored);
      const inheritance = inheritanceOf(configuration, row.is_dynamic === 1);
      const ofSnapshot = (steps.get(row.id) ?? []).map(
        ({ name, config }) => [name, toStep(config, inheritance)] as const,
      );
      const { python_packages: _left, ...environment } = parseExactly(toValidJson(row.client_environment)) as Record<
        string,
        unknown
      >;
      const metadata: Model<'PipelineSnapshotResponseMetadata'> = {
        description: row.description,
        source_code: row.source_code,
        run_name_template: row.run_name_template,
        pipeline_configuration: rawJson(
          configuration === stored ? row.pipeline_configuration : JSON.stringify(configuration),
        ),
        step_configurations: Object.fromEntries(ofSnapshot),
        client_environment: environment,
        client_version: row.client_version,
        server_version: row.server_version,
        pipeline_version_hash: row.pipeline_version_hash,
        pipeline_spec: row.pipeline_spec === null ? null : rawJson(row.pipeline_spec),
        code_path: row.code_path,
        template_id: fromNullableId(row.template_id),
        source_snapshot_id: fromNullableId(row.source_snapshot_id),
        config_schema: form?.config_schema ?? null,
        config_template: form?.config_template ?? null,
      };
      return [row.id, metadata] as const;
    }),
  );
}

async function loadStepTexts(connection: Connection, ids: readonly string[], { steps }: SnapshotOptions) {
  const bySnapshot = new Map<string, { name: string; config: string }[]>();
  if (steps?.length === 0) return bySnapshot;
  let query = connection
    .selectFrom('step_configuration')
    .select(['snapshot_id', 'name', 'config'])
    .where('snapshot_id', 'in', ids)
    .orderBy('index');
  if (steps) query = query.where('name', 'in', steps);
  for (const { snapshot_id, name, config } of await query.execute()) {
    const key = snapshot_id ?? '';
    bySnapshot.set(key, [...(bySnapshot.get(key) ?? []), { name, config }]);
  }
  return bySnapshot;
}

async function loadResources(connection: Connection, rows: readonly SnapshotRow[]) {
  const ids = rows.map((row) => row.id);
  const unique = (values: readonly (string | null)[]) => [...new Set(values.flatMap((value) => value ?? []))];
  const owners = await loadOwners(connection, rows);
  const pipelines = await loadPipelines(connection, unique(rows.map((row) => row.pipeline_id)), NESTED);
  const stacks = await loadStacks(connection, unique(rows.map((row) => row.stack_id)), NESTED);
  const builds = await loadBuilds(connection, unique(rows.map((row) => row.build_id)), NESTED);
  const schedules = await loadSchedules(connection, unique(rows.map((row) => row.schedule_id)), NESTED);
  const references = await loadCodeReferences(connection, unique(rows.map((row) => row.code_reference_id)));
  const deployments = await loadDeploymentsOfSnapshots(connection, ids);
  const tags = await loadTags(connection, 'pipeline_snapshot', ids);
  const visualizations = await loadCuratedVisualizations(connection, 'pipeline_snapshot', ids);
  const runs = await loadLatestRuns(connection, ids);
  return (row: SnapshotRow): Model<'PipelineSnapshotResponseResources'> => {
    const pipeline = pipelines.get(row.pipeline_id);
    if (!pipeline) throw new Error(`Snapshot ${row.id} has no pipeline.`);
    const run = runs.get(row.id);
    return {
      user: (row.user_id && owners.get(row.user_id)) || null,
      pipeline,
      stack: (row.stack_id && stacks.get(row.stack_id)) || null,
      build: (row.build_id && builds.get(row.build_id)) || null,
      schedule: (row.schedule_id && schedules.get(row.schedule_id)) || null,
      code_reference: (row.code_reference_id && references.get(row.code_reference_id)) || null,
      deployment: deployments.get(row.id) ?? null,
      tags: tags.get(row.id) ?? [],
      latest_run_id: run?.id ?? null,
      latest_run_status: run?.status ?? null,
      latest_run_user: run?.user ?? null,
      visualizations: visualizations.get(row.id) ?? [],
    };
  };
}

interface LatestRun {
  id: string;
  status: Model<'ExecutionStatus'>;
  user: Model<'UserResponse'> | null;
}

/** The newest run of the snapshots that were derived from each snapshot. */
async function loadLatestRuns(connection: Connection, ids: readonly string[]): Promise<Map<string, LatestRun>> {
  const place = sql<number>`row_number() over (partition by derived.source_snapshot_id order by run.created desc)`;
  const rows = await connection
    .with('ranked', (query) =>
      query
        .selectFrom('pipeline_snapshot as derived')
        .innerJoin('pipeline_run as run', 'run.snapshot_id', 'derived.id')
        .select(['derived.source_snapshot_id', 'run.id', 'run.status', 'run.user_id', place.as('place')])
        .where('derived.source_snapshot_id', 'in', ids),
    )
    .selectFrom('ranked')
    .select(['source_snapshot_id', 'id', 'status', 'user_id'])
    .where('place', '=', 1)
    .execute();
  const userIds = new Set(rows.flatMap((row) => row.user_id ?? []));
  const users = await loadUsers(connection, [...userIds], NESTED);
  return new Map(
    rows.map((row) => [
      row.source_snapshot_id ?? '',
      {
        id: fromDatabaseId(row.id),
        status: row.status as Model<'ExecutionStatus'>,
        user: (row.user_id && users.get(row.user_id)) || null,
      },
    ]),
  );
}
