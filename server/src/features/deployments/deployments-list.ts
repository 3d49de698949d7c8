import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { DeploymentTable } from '../../database/generated/schema.gen.ts';
import { columnOf, custom, nameOrIdCondition, tags, text, USER_SCOPED_FIELDS, uuid } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import { type Depth, NESTED } from '../../listing/page.ts';
import { relatedColumn, tagNames, USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { rawJson } from '../../raw-json.ts';
import { loadComponents } from '../components/components-read-model.ts';
import { loadCuratedVisualizations } from '../curated-visualizations/curated-visualizations-read-model.ts';
import { loadPipelines } from '../pipelines/pipelines-read-model.ts';
import { loadSnapshots } from '../snapshots/snapshots-read-model.ts';
import { loadStacks } from '../stacks/stacks-read-model.ts';
import { loadTags } from '../tags/tags-read-model.ts';
import { loadOwners } from '../users/users-read-model.ts';
import { toNestedDeployment } from './deployments-read-model.ts';

type DeploymentResponse = Model<'DeploymentResponse'>;
type DeploymentRow = Selectable<DeploymentTable> & { pipeline_id: string | null; stack_id: string | null };

/** Loads deployments by database id; see `Loader`. */
export async function loadDeployments(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, DeploymentResponse>> {
  if (ids.length === 0) return new Map();
  const rows = await connection
    .selectFrom('deployment')
    .leftJoin('pipeline_snapshot', 'pipeline_snapshot.id', 'deployment.snapshot_id')
    .selectAll('deployment')
    .select(['pipeline_snapshot.pipeline_id', 'pipeline_snapshot.stack_id'])
    .where('deployment.id', 'in', ids)
    .execute();
  const resourcesOf = depth.resources ? await loadResources(connection, rows) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        ...toNestedDeployment(row),
        metadata: depth.metadata
          ? { deployment_metadata: rawJson(row.deployment_metadata), auth_key: row.auth_key }
          : null,
        resources: resourcesOf?.(row) ?? null,
      },
    ]),
  );
}

async function loadResources(connection: Connection, rows: readonly DeploymentRow[]) {
  const ids = rows.map((row) => row.id);
  const unique = (values: readonly (string | null)[]) => [...new Set(values.flatMap((value) => value ?? []))];
  const owners = await loadOwners(connection, rows);
  const snapshots = await loadSnapshots(connection, unique(rows.map((row) => row.snapshot_id)), NESTED);
  const deployers = await loadComponents(connection, unique(rows.map((row) => row.deployer_id)), NESTED);
  const pipelines = await loadPipelines(connection, unique(rows.map((row) => row.pipeline_id)), NESTED);
  const stacks = await loadStacks(connection, unique(rows.map((row) => row.stack_id)), NESTED);
  const tagsOf = await loadTags(connection, 'deployment', ids);
  const visualizations = await loadCuratedVisualizations(connection, 'deployment', ids);
  return (row: DeploymentRow): Model<'DeploymentResponseResources'> => ({
    user: (row.user_id && owners.get(row.user_id)) || null,
    tags: tagsOf.get(row.id) ?? [],
    snapshot: (row.snapshot_id && snapshots.get(row.snapshot_id)) || null,
    deployer: (row.deployer_id && deployers.get(row.deployer_id)) || null,
    pipeline: (row.pipeline_id && pipelines.get(row.pipeline_id)) || null,
    stack: (row.stack_id && stacks.get(row.stack_id)) || null,
    visualizations: visualizations.get(row.id) ?? [],
  });
}

/** How deployments are listed. */
export const DEPLOYMENT_LIST: ListDefinition<DeploymentResponse> = {
  table: 'deployment',
  fields: {
    ...USER_SCOPED_FIELDS,
    name: text('name'),
    url: text('url'),
    status: text('status'),
    tags,
    pipeline: custom(
      (value, listed) => sql<SqlBool>`${columnOf(listed, 'snapshot_id')} in (
        select pipeline_snapshot.id from pipeline_snapshot
        join pipeline on pipeline.id = pipeline_snapshot.pipeline_id
        where ${nameOrIdCondition(value, 'pipeline')})`,
    ),
    snapshot_id: uuid('snapshot_id'),
    deployer_id: uuid('deployer_id'),
  },
  sorts: {
    ...USER_SCOPED_SORTS,
    tags: tagNames('deployment'),
    snapshot: relatedColumn('snapshot_id', 'pipeline_snapshot'),
    pipeline: {
      by: (listed) => sql`(select pipeline.name from pipeline_snapshot
        join pipeline on pipeline.id = pipeline_snapshot.pipeline_id
        where pipeline_snapshot.id = ${columnOf(listed, 'snapshot_id')})`,
    },
  },
  projectScoped: true,
  load: loadDeployments,
};
