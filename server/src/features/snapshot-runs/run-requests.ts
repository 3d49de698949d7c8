import { randomInt } from 'node:crypto';
import { ZENML_VERSION } from '../../contract/document.ts';
import type { BodyOf, Model } from '../../contract/operation-types.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { isObject } from '../../json.ts';
import { formatNameTemplate } from '../name-template.ts';
import { finalizeSubstitutions } from '../runs/run-configuration.ts';
import type { RunRequest } from '../runs/run-creation.ts';
import type { DerivedConfigurations } from './derived-snapshot.ts';
import type { RunnableSource } from './run-checks.ts';
import type { SnapshotContents } from './run-source-read-model.ts';

type SnapshotRequest = BodyOf<'create_pipeline_snapshot_api_v1_pipeline_snapshots_post'>;

/** Where a run comes from. */
export interface RunOrigin {
  /** The step that asks for the run; API form. */
  readonly stepRunId?: string | null | undefined;
  /** The run that is replayed; database id. */
  readonly originalRunId?: string | undefined;
}

/** What a run says of itself until it is launched. */
const QUEUED = 'Queued for snapshot execution.';

/** The request for the snapshot of a run. */
export function toSnapshotRequest(
  source: RunnableSource,
  contents: SnapshotContents,
  derived: DerivedConfigurations,
  { templateId }: { readonly templateId?: string | undefined },
): SnapshotRequest {
  const { codeReference } = contents;
  // Runs belong to the closest snapshot that has a name.
  const namedId = source.name === null ? contents.sourceSnapshotId : source.id;
  const body = {
    project: fromDatabaseId(source.projectId),
    is_dynamic: source.isDynamic,
    run_name_template: derived.runNameTemplate,
    pipeline_configuration: derived.pipelineConfiguration,
    step_configurations: Object.fromEntries(derived.steps.map(([name, step]) => [name, { ...step, config: {} }])),
    client_environment: {},
    // The reference notes its own release as the client's, too.
    client_version: ZENML_VERSION,
    server_version: ZENML_VERSION,
    stack: fromDatabaseId(source.stack.id),
    pipeline: fromDatabaseId(source.pipelineId),
    build: fromDatabaseId(source.build.id),
    schedule: null,
    code_reference: codeReference
      ? {
          commit: codeReference.commit,
          subdirectory: codeReference.subdirectory,
          code_repository: fromDatabaseId(codeReference.repositoryId),
        }
      : null,
    code_path: contents.codePath,
    template: templateId === undefined ? null : fromDatabaseId(templateId),
    source_snapshot: fromNullableId(namedId),
    pipeline_version_hash: contents.pipelineVersionHash,
    pipeline_spec: derived.pipelineSpec,
    source_code: contents.sourceCode,
  };
  return body as unknown as SnapshotRequest;
}

/** The request for a run that waits to be launched. @param snapshotId database id */
export function toRunRequest(
  source: RunnableSource,
  { runNameTemplate, pipelineConfiguration }: Pick<SnapshotContents, 'runNameTemplate' | 'pipelineConfiguration'>,
  { stepRunId, originalRunId }: RunOrigin,
  snapshotId: string,
): RunRequest {
  // The time in the run's name is that of its start.
  const started = startedNow();
  const { substitutions, tags } = pipelineConfiguration;
  const texts = (isObject(substitutions) ? substitutions : {}) as Readonly<Record<string, string>>;
  return {
    name: formatNameTemplate(runNameTemplate, finalizeSubstitutions(texts, started)),
    start_time: `${toApiInstant(started)}Z`,
    project: fromDatabaseId(source.projectId),
    snapshot: fromDatabaseId(snapshotId),
    status: 'initializing',
    status_reason: QUEUED,
    tags: Array.isArray(tags) ? (tags as (string | Model<'Tag'>)[]) : null,
    orchestrator_environment: {},
    logs: { source: 'runner' },
    trigger_info: stepRunId ? { step_run_id: stepRunId } : null,
    original_run_id: originalRunId === undefined ? null : fromDatabaseId(originalRunId),
  };
}

let latest = 0;

/**
 * The current time in database form, to the microsecond and never the same twice: it makes names of runs that are asked
 * for at the same moment differ. The clock counts milliseconds; the rest is drawn by lot.
 */
function startedNow(): string {
  latest = Math.max(latest + 1, Date.now() * 1000 + randomInt(1000));
  const seconds = new Date(latest / 1000).toISOString().slice(0, 19).replace('T', ' ');
  return `${seconds}.${String(latest % 1_000_000).padStart(6, '0')}`;
}
