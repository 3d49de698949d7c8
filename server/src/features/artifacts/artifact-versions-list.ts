import { type SqlBool, sql } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import { type Condition, compareUuid } from '../../listing/comparisons.ts';
import {
  columnOf,
  custom,
  type Field,
  flag,
  integer,
  nameOrId,
  nameOrIdCondition,
  runMetadata,
  tags,
  text,
  USER_SCOPED_FIELDS,
  uuid,
} from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import { tagNames, USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { loadArtifactVersions } from './artifact-versions-read-model.ts';
import { unusedIn } from './artifact-versions-store.ts';

/** Versions that a model version is linked to which fits a condition. */
function linked(condition: (value: string) => Condition): Field {
  return custom(
    (value, listed) => sql<SqlBool>`${columnOf(listed, 'id')} in (select link.artifact_version_id
      from model_versions_artifacts as link join model_version on model_version.id = link.model_version_id
      join model on model.id = model_version.model_id where ${condition(value)})`,
  );
}

/** Versions that a step of a run takes or gives. */
const pipelineRun = custom(
  (value, listed) => {
    const steps = sql`select step_run.id from step_run join pipeline_run on pipeline_run.id = step_run.pipeline_run_id
      where ${nameOrIdCondition(value, 'pipeline_run')}`;
    return sql<SqlBool>`${columnOf(listed, 'id')} in (
      select artifact_id from step_run_output_artifact where step_id in (${steps})
      union select artifact_id from step_run_input_artifact where step_id in (${steps}))`;
  },
  { either: true },
);

const artifact = nameOrId({ column: 'artifact_id', table: 'artifact' });

/** How artifact versions are listed. */
export const ARTIFACT_VERSION_LIST: ListDefinition<Model<'ArtifactVersionResponse'>> = {
  table: 'artifact_version',
  fields: {
    ...USER_SCOPED_FIELDS,
    artifact,
    artifact_id: artifact,
    version: text('version'),
    version_number: integer('version_number'),
    uri: text('uri'),
    materializer: text('materializer'),
    type: text('type'),
    data_type: text('data_type'),
    artifact_store_id: uuid('artifact_store_id'),
    model_version_id: linked((value) => compareUuid(value)(columnOf('model_version', 'id'))),
    model: linked((value) => nameOrIdCondition(value, 'model')),
    only_unused: flag((listed) => unusedIn(listed, ['step_run_output_artifact', 'step_run_input_artifact'])),
    has_custom_name: custom(
      (value, listed) => sql<SqlBool>`${columnOf(listed, 'artifact_id')} in (
        select id from artifact where has_custom_name = ${value === 'true' ? 1 : 0})`,
    ),
    pipeline_run: pipelineRun,
    tags,
    run_metadata: runMetadata('artifact_version'),
  },
  sorts: { ...USER_SCOPED_SORTS, tags: tagNames('artifact_version') },
  projectScoped: true,
  load: loadArtifactVersions,
};
