import { type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { type Condition, compareText } from '../../listing/comparisons.ts';
import { BASE_FIELDS, columnOf, custom, type Field, flag, nameOrIdCondition, uuid } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import type { Depth } from '../../listing/page.ts';
import { loadNestedArtifactVersions } from '../artifacts/artifact-versions-read-model.ts';
import { loadNestedRuns } from '../runs/run-rows-read-model.ts';

type ArtifactLink = Model<'ModelVersionArtifactResponse'>;
type RunLink = Model<'ModelVersionPipelineRunResponse'>;

/** Loads links of model versions to artifact versions by database id; see `Loader`. */
export async function loadArtifactLinks(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, ArtifactLink>> {
  const rows = await connection.selectFrom('model_versions_artifacts').selectAll().where('id', 'in', ids).execute();
  if (rows.length === 0) return new Map();
  const targets = [...new Set(rows.map((row) => row.artifact_version_id))];
  const versions = await loadNestedArtifactVersions(connection, targets);
  return new Map(
    rows.flatMap((row) => {
      const artifact_version = versions.get(row.artifact_version_id);
      return artifact_version ? [[row.id, { ...envelope(row, depth), body: { ...base(row), artifact_version } }]] : [];
    }),
  );
}

/** Loads links of model versions to runs by database id; see `Loader`. */
export async function loadRunLinks(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, RunLink>> {
  const rows = await connection.selectFrom('model_versions_runs').selectAll().where('id', 'in', ids).execute();
  if (rows.length === 0) return new Map();
  const runs = await loadNestedRuns(connection, [...new Set(rows.map((row) => row.pipeline_run_id))]);
  return new Map(
    rows.flatMap((row) => {
      const pipeline_run = runs.get(row.pipeline_run_id);
      return pipeline_run ? [[row.id, { ...envelope(row, depth), body: { ...base(row), pipeline_run } }]] : [];
    }),
  );
}

interface LinkRow {
  id: string;
  created: string;
  updated: string;
  model_version_id: string;
}

function envelope(row: LinkRow, depth: Depth) {
  return {
    metadata: depth.metadata ? {} : null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
  };
}

function base(row: LinkRow) {
  return {
    created: toApiInstant(row.created),
    updated: toApiInstant(row.updated),
    model_version: fromDatabaseId(row.model_version_id),
  };
}

/** A condition on the linked artifact version. */
function onArtifactVersion(listed: string, condition: Condition): Condition {
  return sql<SqlBool>`${columnOf(listed, 'artifact_version_id')} in (
    select artifact_version.id from artifact_version
    join artifact on artifact.id = artifact_version.artifact_id where ${condition})`;
}

/** A flag that narrows the list to some types of artifacts. */
function onlyTypes(condition: Condition): Field {
  return flag((listed) => onArtifactVersion(listed, condition));
}

/** How links to artifact versions are listed. */
export const ARTIFACT_LINK_LIST: ListDefinition<ArtifactLink> = {
  table: 'model_versions_artifacts',
  fields: {
    ...BASE_FIELDS,
    model_version_id: uuid('model_version_id'),
    artifact_version_id: uuid('artifact_version_id'),
    artifact_name: custom((value, listed) =>
      onArtifactVersion(listed, compareText(value)(columnOf('artifact', 'name'))),
    ),
    only_data_artifacts: onlyTypes(sql`artifact_version.type not in ('ServiceArtifact', 'ModelArtifact')`),
    only_model_artifacts: onlyTypes(sql`artifact_version.type = 'ModelArtifact'`),
    only_deployment_artifacts: onlyTypes(sql`artifact_version.type = 'ServiceArtifact'`),
    has_custom_name: custom((value, listed) =>
      onArtifactVersion(listed, sql`artifact.has_custom_name = ${value === 'true' ? 1 : 0}`),
    ),
    user: custom((value, listed) =>
      onArtifactVersion(
        listed,
        sql`artifact_version.user_id in (select id from user where ${nameOrIdCondition(value, 'user', ['full_name'])})`,
      ),
    ),
  },
  projectScoped: false,
  load: loadArtifactLinks,
};

/** A condition on the linked run. */
function onRun(listed: string, condition: Condition): Condition {
  return sql<SqlBool>`${columnOf(listed, 'pipeline_run_id')} in (select id from pipeline_run where ${condition})`;
}

/** How links to runs are listed. */
export const RUN_LINK_LIST: ListDefinition<RunLink> = {
  table: 'model_versions_runs',
  fields: {
    ...BASE_FIELDS,
    model_version_id: uuid('model_version_id'),
    pipeline_run_id: uuid('pipeline_run_id'),
    pipeline_run_name: custom((value, listed) => onRun(listed, compareText(value)(columnOf('pipeline_run', 'name')))),
    user: custom((value, listed) =>
      onRun(
        listed,
        sql`pipeline_run.user_id in (select id from user where ${nameOrIdCondition(value, 'user', ['full_name'])})`,
      ),
    ),
  },
  projectScoped: false,
  load: loadRunLinks,
};
