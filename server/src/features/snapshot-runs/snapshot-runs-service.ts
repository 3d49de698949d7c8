import { randomInt } from 'node:crypto';
import type { Complete } from '../../contract/completion.ts';
import { ZENML_VERSION } from '../../contract/document.ts';
import type { BodyOf, Model } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { fromDatabaseId, fromNullableId, isUuid } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { valueError } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import type { Launch, LaunchRequest } from '../../workloads/launch.ts';
import { formatNameTemplate } from '../name-template.ts';
import { finalizeSubstitutions } from '../runs/run-configuration.ts';
import type { RunsService } from '../runs/runs-service.ts';
import { findUsableSecret } from '../secrets/secret-names-read-model.ts';
import { createSnapshot } from '../snapshots/snapshots-service.ts';
import { type DerivedConfigurations, deriveConfigurations, secretsIn } from './derived-snapshot.ts';
import { isObject, type Json } from './json-update.ts';
import { checkRunConfiguration, checkRunnable, type RunnableSource } from './run-checks.ts';
import {
  canWait,
  holdPipeline,
  loadRunSource,
  loadSnapshotContents,
  type SnapshotContents,
} from './run-source-read-model.ts';
import { usesFlavorKeys } from './setting-keys.ts';

/** Puts a run in the queue of launches. @throws ApiError MaxConcurrentTasksError 429 where the queue is full */
export type EnqueueLaunch = (transaction: Transaction, request: LaunchRequest) => Promise<Launch>;

/** A request to run a snapshot; ids in database form where not said otherwise. */
export interface SnapshotRunRequest {
  readonly snapshotId: string;
  readonly userId: string;
  /** The run configuration as the client sent it. */
  readonly configuration?: Json | null | undefined;
  /** The run template that the snapshot belongs to. */
  readonly templateId?: string | undefined;
  /** The step that asks for the run; API form. */
  readonly stepRunId?: string | null | undefined;
  /** The run that is replayed. */
  readonly originalRunId?: string | undefined;
}

/** Runs snapshots from the server. */
export interface SnapshotRunsService {
  /**
   * Writes the derived snapshot, its placeholder run and the launch that waits for the dispatcher.
   * @returns the run's database id.
   * @throws ApiError ValueError 400, KeyError 404, EntityExistsError 409, MaxConcurrentTasksError 429
   */
  run(transaction: Transaction, request: SnapshotRunRequest): Promise<string>;
}

/** What the service is made of. */
export interface SnapshotRunsParts {
  readonly complete: Complete;
  readonly runs: RunsService;
  readonly enqueueLaunch: EnqueueLaunch;
}

/** What a run says of itself until it is launched. */
const QUEUED = 'Queued for snapshot execution.';

type SnapshotRequest = BodyOf<'create_pipeline_snapshot_api_v1_pipeline_snapshots_post'>;

/** Makes the service. */
export function createSnapshotRunsService({ complete, runs, enqueueLaunch }: SnapshotRunsParts): SnapshotRunsService {
  return {
    async run(transaction, request) {
      const found = await loadRunSource(transaction, request.snapshotId);
      if (!found) throw noSuch('pipeline snapshot', request.snapshotId);
      const configuration = request.configuration ?? {};
      checkInputOverrides(configuration);
      const source = checkRunnable(found);
      checkRunConfiguration(configuration, source.isDynamic);
      const scope = { projectId: source.projectId, userId: request.userId };
      const contents = await loadSnapshotContents(transaction, source.id);
      await holdPipeline(transaction, source.pipelineId);
      const derived = await derive(transaction, { source, contents, configuration, userId: request.userId });
      const body = toSnapshotRequest(source, contents, derived, request);
      const snapshotId = await createSnapshot(transaction, complete, body, scope);
      const placeholder = toRunRequest(source, derived, request, snapshotId);
      const { id: runId } = await runs.getOrCreate(transaction, placeholder, scope);
      await enqueueLaunch(transaction, { ...scope, runId, snapshotId, kind: 'start' });
      return runId;
    },
  };
}

async function derive(
  transaction: Transaction,
  from: { source: RunnableSource; contents: SnapshotContents; configuration: Json; userId: string },
): Promise<DerivedConfigurations> {
  const { source, contents, configuration, userId } = from;
  const secretIds = new Map<string, string>();
  for (const name of secretsIn(configuration)) {
    secretIds.set(name, await findUsableSecret(transaction, name, userId));
  }
  const { components } = source.build.stack;
  const orchestrator = components.find(({ type }) => type === 'orchestrator');
  return deriveConfigurations({
    contents,
    configuration,
    secretIds,
    components,
    isDynamic: source.isDynamic,
    byFlavor: usesFlavorKeys(source.build.zenmlVersion),
    orchestratorCanWait: orchestrator !== undefined && (await canWait(transaction, orchestrator.flavor)),
  });
}

function toSnapshotRequest(
  source: RunnableSource,
  contents: SnapshotContents,
  derived: DerivedConfigurations,
  { templateId }: SnapshotRunRequest,
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

function toRunRequest(
  source: RunnableSource,
  { runNameTemplate, pipelineConfiguration }: DerivedConfigurations,
  { stepRunId, originalRunId }: SnapshotRunRequest,
  snapshotId: string,
): BodyOf<'get_or_create_pipeline_run_api_v1_runs_post'> {
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

/** The server has no Python to store a value as an artifact, so that inputs can be replaced by stored artifacts only. */
function checkInputOverrides(configuration: Json): void {
  for (const field of ['step_input_overrides', 'step_default_input_overrides']) {
    const steps = configuration[field];
    for (const [step, inputs] of Object.entries(isObject(steps) ? steps : {})) {
      for (const [input, value] of Object.entries(isObject(inputs) ? inputs : {})) {
        if (typeof value === 'string' && isUuid(value)) continue;
        throw valueError(
          `\`${field}\` must name the artifact version for input \`${input}\` of step \`${step}\` by its id: the server ` +
            'cannot store other values. Save the value as an artifact and pass the id of its version.',
        );
      }
    }
  }
}
