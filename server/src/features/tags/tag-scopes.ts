import { sql } from 'kysely';
import type { Transaction } from '../../database/database.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { valueError } from '../../errors.ts';
import type { TaggableResourceType } from './tags-read-model.ts';

/**
 * Within which an exclusive tag is on one resource only: of a pipeline's runs, snapshots, templates or deployments,
 * of an artifact's versions. Each is a query from resource id to scope id.
 */
const SCOPES: Partial<Record<TaggableResourceType, string>> = {
  pipeline_run: 'select id, pipeline_id as scope_id from pipeline_run',
  artifact_version: 'select id, artifact_id as scope_id from artifact_version',
  pipeline_snapshot: 'select id, pipeline_id as scope_id from pipeline_snapshot',
  run_template: `select run_template.id, pipeline_snapshot.pipeline_id as scope_id from run_template
    join pipeline_snapshot on pipeline_snapshot.id = run_template.source_snapshot_id`,
  deployment: `select deployment.id, pipeline_snapshot.pipeline_id as scope_id from deployment
    join pipeline_snapshot on pipeline_snapshot.id = deployment.snapshot_id`,
};

/** The types that an exclusive tag may be on when an existing tag is made exclusive (ZenML 0.98.0 update_tag). */
export const EXCLUSIVE_TYPES: readonly TaggableResourceType[] = [
  'pipeline_run',
  'artifact_version',
  'run_template',
  'pipeline_snapshot',
];

/** What a scope of these types is called in refusals. */
export const SCOPE_NAMES: Partial<Record<TaggableResourceType, string>> = {
  pipeline_run: '`pipeline_id`s',
  artifact_version: '`artifact_id`s',
  run_template: 'pipeline_id',
  pipeline_snapshot: '`pipeline_id`s',
};

/**
 * Takes an exclusive tag off whatever carries it in the scopes of the resources that are about to get it.
 * @throws ApiError ValueError 400 where two of the resources share a scope, or their type has none.
 */
export async function releaseExclusiveTag(
  transaction: Transaction,
  tagId: string,
  type: TaggableResourceType,
  resourceIds: readonly string[],
): Promise<void> {
  const scopes = SCOPES[type];
  if (!scopes) {
    throw valueError(
      `Can not attach exclusive tag to resource of type ${type} with ID: \`${fromDatabaseId(resourceIds[0] ?? '')}\`. Exclusive tag ` +
        'functionality only works for pipeline runs, pipeline snapshots, pipeline deployments and artifact versions',
    );
  }
  const scoped = sql.raw(`(${scopes})`);
  const found = await sql<{ scope_id: string }>`select scope_id from ${scoped} as scoped
    where id in (${sql.join(resourceIds)}) and scope_id is not null`.execute(transaction);
  const scopeIds = found.rows.map((row) => row.scope_id);
  if (new Set(scopeIds).size < scopeIds.length) {
    throw valueError(
      `You are trying to attach an exclusive tag to multiple ${type}s within the same scope. This is not allowed.`,
    );
  }
  if (scopeIds.length === 0) return;
  const others = await sql<{ id: string }>`select link.id from tag_resource as link
    join ${scoped} as scoped on scoped.id = link.resource_id
    where link.tag_id = ${tagId} and link.resource_type = ${type}
      and scoped.scope_id in (${sql.join(scopeIds)}) and scoped.id not in (${sql.join(resourceIds)})`.execute(
    transaction,
  );
  const ids = others.rows.map((row) => row.id);
  if (ids.length > 0) await transaction.deleteFrom('tag_resource').where('id', 'in', ids).execute();
}

/** The scopes in which a tag is on several resources of a type, so that it cannot become exclusive. */
export async function findSharedScopes(
  transaction: Transaction,
  tagId: string,
  type: TaggableResourceType,
): Promise<string[]> {
  const scopes = SCOPES[type];
  if (!scopes) return [];
  const shared = await sql<{ scope_id: string }>`select scoped.scope_id from tag_resource as link
    join ${sql.raw(`(${scopes})`)} as scoped on scoped.id = link.resource_id
    where link.tag_id = ${tagId} and link.resource_type = ${type}
    group by scoped.scope_id having count(*) > 1`.execute(transaction);
  return shared.rows.map((row) => row.scope_id);
}
