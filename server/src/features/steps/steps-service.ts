import type { CreationRefusals } from '../../auth/permissions.ts';
import type { Complete } from '../../contract/completion.ts';
import type { BodyOf, Model } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { fromDatabaseId, toDatabaseId, toNullableId } from '../../database/ids.ts';
import { toDatabaseInstant, toNullableDatabaseInstant } from '../../database/instants.ts';
import { isDuplicateKey } from '../../database/transaction.ts';
import { entityExists, illegalOperation, keyError } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { assign, createLogsOf } from '../logs/logs-service.ts';
import { ensureModelVersion, type ModelUser } from '../models/ensure-model-version.ts';
import { checkReference } from '../references.ts';
import { toStoredException } from '../runs/exception-info.ts';
import type { UpdateRunStatus } from '../runs/run-status-updates.ts';
import { toStep } from '../snapshots/step-configuration.ts';
import { attachTags, type TagReference } from '../tags/tags-service.ts';
import { type RunPipeline, toRunPipeline } from './step-configurations-read-model.ts';
import { classifyInput, inputOverrides } from './step-inputs.ts';
import * as links from './step-links-store.ts';
import { checkStepTransition, isSuccessful, stepStatusAfter } from './step-status.ts';
import * as store from './steps-store.ts';

type StepRequest = BodyOf<'create_run_step_api_v1_steps_post'>;
type StepUpdate = BodyOf<'update_step_api_v1_steps__step_id__put'>;
type Step = Model<'Step-Output'>;

/** The rules of step runs; ids in database form. */
export interface StepsService {
  /**
   * Creates a step run, or the next try of one, and returns its id.
   * @param refusals what the user may not make on the way
   * @throws ApiError 403, 404, 409
   */
  create(transaction: Transaction, request: StepRequest, userId: string, refusals?: CreationRefusals): Promise<string>;
  /** Changes a step run and brings its run's status up to date. @throws ApiError 403, 404 */
  update(transaction: Transaction, id: string, update: StepUpdate): Promise<void>;
}

/** What the rules of steps need of other parts. */
export interface StepsServiceParts {
  readonly complete: Complete;
  readonly updateRunStatus: UpdateRunStatus;
}

/** Makes the rules of step runs. */
export function createStepsService(parts: StepsServiceParts): StepsService {
  return {
    create: (transaction, request, userId, refusals) => createStep(parts, transaction, request, userId, refusals),
    update: (transaction, id, update) => updateStep(parts, transaction, id, update),
  };
}

async function createStep(
  parts: StepsServiceParts,
  transaction: Transaction,
  request: StepRequest,
  userId: string,
  refusals: CreationRefusals | undefined,
): Promise<string> {
  checkStepTransition(undefined, request.status);
  const projectId = toDatabaseId(request.project);
  const from = 'step run';
  const itsRun = { table: 'pipeline_run', id: request.pipeline_run_id, from, projectId, askedFor: true } as const;
  await checkReference(transaction, itsRun);
  const run = await store.lockRunOfStep(transaction, toDatabaseId(request.pipeline_run_id));
  if (!run) throw noSuch('pipeline run', request.pipeline_run_id);
  const original = { table: 'step_run', id: request.original_step_run_id, from, type: 'original step run' } as const;
  await checkReference(transaction, { ...original, projectId });
  const pipeline = pipelineOf(run);
  checkRunTakesSteps(run, pipeline, request.name);
  const { step, dynamicText } = await resolveStep(parts.complete, transaction, run, pipeline, request);
  const tries = await store.findTries(transaction, run.id, request.name);
  const isRetriable = await prepareTry(transaction, run, step, tries, request.name);
  const status = isRetriable && request.status === 'failed' ? 'retrying' : request.status;
  const id = await insertOnce(transaction, request, run, {
    ...toValues(request, projectId, userId),
    status,
    snapshot_id: run.snapshot_id,
    pipeline_run_id: run.id,
    version: tries.length + 1,
    is_retriable: isRetriable ? 1 : 0,
    heartbeat_threshold:
      step.spec.enable_heartbeat && run.enable_heartbeat === 1 ? step.config.heartbeat_healthy_threshold : null,
  });
  if (dynamicText) await store.insertDynamicConfiguration(transaction, id, request.name, dynamicText);
  await addLogs(transaction, request.logs, id, projectId, userId);
  await linkStep(transaction, { id, request, run, step, pipeline, projectId, userId });
  if (status !== 'running') await parts.updateRunStatus(transaction, run.id);
  const modelVersionId = await modelVersionOf(transaction, run, step, tries, { projectId, userId, refusals });
  if (modelVersionId) await store.updateStep(transaction, id, { model_version_id: modelVersionId });
  return id;
}

function pipelineOf(run: store.RunOfStep): RunPipeline {
  if (run.pipeline_configuration === null) {
    throw illegalOperation(`The run '${run.name}' has no snapshot, so that it can have no steps.`);
  }
  const { pipeline_configuration, is_dynamic } = run;
  return toRunPipeline({ pipeline_configuration, is_dynamic: is_dynamic ?? 0 }, run.start_time);
}

function checkRunTakesSteps(run: store.RunOfStep, { configuration }: RunPipeline, name: string): void {
  if (run.status === 'stopping' || run.status === 'stopped') {
    throw illegalOperation(
      `Cannot create step '${name}' for pipeline in ${run.status} state. Pipeline run ID: ${fromDatabaseId(run.id)}`,
    );
  }
  const mode = String(configuration['execution_mode'] ?? 'continue_on_failure');
  if (run.status === 'failed' && mode !== 'continue_on_failure') {
    throw illegalOperation(
      `Cannot create step '${name}' for the run '${run.name}' because the run is in a FAILED state and the execution ` +
        `mode is ${mode}.`,
    );
  }
}

async function resolveStep(
  complete: Complete,
  transaction: Transaction,
  run: store.RunOfStep,
  { inheritance }: RunPipeline,
  request: StepRequest,
): Promise<{ step: Step; dynamicText: string | undefined }> {
  if (request.dynamic_config) {
    if (run.is_dynamic !== 1) {
      throw illegalOperation('Dynamic step configurations are not allowed for static pipelines.');
    }
    const { config: _merged, ...own } = complete('Step-Input', request.dynamic_config);
    const dynamicText = JSON.stringify(own);
    return { step: toStep(dynamicText, inheritance), dynamicText };
  }
  const text = run.snapshot_id ? await store.findStepText(transaction, run.snapshot_id, request.name) : undefined;
  if (text === undefined) throw keyError(`Step configuration for step \`${request.name}\` not found.`);
  return { step: toStep(text, inheritance), dynamicText: undefined };
}

/** Ends the earlier tries of a step. @returns whether the new one may be followed by yet another. */
async function prepareTry(
  transaction: Transaction,
  run: store.RunOfStep,
  step: Step,
  tries: readonly store.EarlierTry[],
  name: string,
): Promise<boolean> {
  if (tries.some((earlier) => isSuccessful(earlier.status))) {
    throw entityExists(
      `Unable to create step \`${name}\`: A successful step with this name already exists in the pipeline run with ` +
        `ID '${fromDatabaseId(run.id)}'.`,
    );
  }
  const maxRetries = step.config.retry?.max_retries ?? 0;
  if (tries.length > maxRetries) {
    throw entityExists(`Unable to create step \`${name}\`: The step has exceeded the maximum number of retries.`);
  }
  if (tries.length > 0) await store.markRetried(transaction, run.id, name);
  return tries.length < maxRetries;
}

async function insertOnce(
  transaction: Transaction,
  request: StepRequest,
  run: store.RunOfStep,
  values: store.StepValues,
): Promise<string> {
  try {
    return await store.insertStep(transaction, values);
  } catch (error) {
    if (!isDuplicateKey(error, 'unique_step_name_for_pipeline_run')) throw error;
    throw entityExists(
      `Unable to create step \`${request.name}\`: A step with this name already exists in the pipeline run with ID ` +
        `'${fromDatabaseId(run.id)}'.`,
    );
  }
}

function toValues(request: StepRequest, projectId: string, userId: string) {
  return {
    name: request.name,
    project_id: projectId,
    user_id: userId,
    start_time: toDatabaseInstant(request.start_time),
    end_time: toNullableDatabaseInstant(request.end_time),
    original_step_run_id: toNullableId(request.original_step_run_id),
    docstring: request.docstring ?? null,
    cache_key: request.cache_key ?? null,
    cache_expires_at: toNullableDatabaseInstant(request.cache_expires_at),
    code_hash: request.code_hash ?? null,
    source_code: request.source_code ?? null,
    exception_info: request.exception_info ? toStoredException(request.exception_info) : null,
  };
}

async function addLogs(
  transaction: Transaction,
  logs: StepRequest['logs'],
  stepId: string,
  projectId: string,
  userId: string | null,
): Promise<void> {
  if (logs == null) return;
  if (typeof logs === 'string') await assign(transaction, toDatabaseId(logs), { step_run_id: stepId });
  else await createLogsOf(transaction, logs, { projectId, userId }, { step_run_id: stepId }, 'step');
}

interface NewStep {
  readonly id: string;
  readonly request: StepRequest;
  readonly run: store.RunOfStep;
  readonly step: Step;
  readonly pipeline: RunPipeline;
  readonly projectId: string;
  readonly userId: string;
}

async function linkStep(transaction: Transaction, created: NewStep): Promise<void> {
  const { id, request, run, step, pipeline, projectId, userId } = created;
  const wasCached = request.status === 'cached' || request.status === 'skipped';
  const originalId = toNullableId(request.original_step_run_id);
  const outputs = toLinks(request.outputs ?? {});
  if (wasCached && originalId) await links.copyMetadata(transaction, originalId, id);
  if (wasCached) {
    const target = { type: 'artifact_version', ids: outputs.map((output) => output.artifactId), userId } as const;
    await attachTags(transaction, target, cascadingTags(pipeline));
  }
  await links.insertParents(transaction, { id, name: request.name, runId: run.id }, step.spec.upstream_steps);
  const inputs = await classifyInputs(transaction, created, originalId);
  await requireArtifacts(transaction, projectId, { 'input artifact': inputs, 'output artifact': outputs });
  await links.insertInputs(transaction, id, inputs);
  await links.insertOutputs(transaction, id, outputs);
}

function cascadingTags({ configuration }: RunPipeline): TagReference[] {
  const tags = (configuration['tags'] ?? []) as TagReference[];
  return tags.filter((tag) => typeof tag !== 'string' && tag.cascade === true);
}

function toLinks(artifacts: Readonly<Record<string, readonly string[]>>): links.OutputLink[] {
  return Object.entries(artifacts).flatMap(([name, ids]) => ids.map((id) => ({ name, artifactId: toDatabaseId(id) })));
}

/** A cached step took its inputs as the step did whose result it reuses; they may have been loaded by hand. */
async function classifyInputs(
  transaction: Transaction,
  { request, step, pipeline }: NewStep,
  originalId: string | null,
): Promise<links.InputLink[]> {
  const reported = Object.entries(request.inputs ?? {});
  if (!originalId) {
    const overrides = inputOverrides(pipeline.configuration, request.name, step.config.name);
    return reported.flatMap(([name, ids]) =>
      ids.map((id, position) => ({
        name,
        artifactId: toDatabaseId(id),
        ...classifyInput(step, overrides, name, position),
      })),
    );
  }
  const originals = await links.findInputs(transaction, originalId);
  return toLinks(request.inputs ?? {}).map(({ name, artifactId }) => {
    const original = originals.find((input) => input.name === name && input.artifactId === artifactId);
    if (original) return original;
    throw keyError(
      `No input artifact found for input name \`${name}\`, artifact version \`${fromDatabaseId(artifactId)}\` and step ` +
        `run \`${fromDatabaseId(originalId)}\`.`,
    );
  });
}

async function requireArtifacts(
  transaction: Transaction,
  projectId: string,
  artifacts: Readonly<Record<string, readonly links.OutputLink[]>>,
): Promise<void> {
  const ids = new Set(Object.values(artifacts).flatMap((list) => list.map((link) => link.artifactId)));
  const found = await links.findArtifactVersions(transaction, projectId, [...ids]);
  for (const [type, list] of Object.entries(artifacts)) {
    const missing = list.find((link) => !found.has(link.artifactId));
    if (!missing) continue;
    const reference = { table: 'artifact_version', id: missing.artifactId, type, projectId } as const;
    await checkReference(transaction, { ...reference, from: 'step run schema', operation: 'updated' });
  }
}

async function modelVersionOf(
  transaction: Transaction,
  run: store.RunOfStep,
  step: Step,
  tries: readonly store.EarlierTry[],
  user: Pick<ModelUser, 'projectId' | 'userId' | 'refusals'>,
): Promise<string | null> {
  const first = tries.at(-1);
  if (first) return first.model_version_id;
  const { model, substitutions } = step.config;
  return model ? ensureModelVersion(transaction, { ...user, runId: run.id, model, substitutions }) : null;
}

async function updateStep(
  { updateRunStatus }: StepsServiceParts,
  transaction: Transaction,
  id: string,
  update: StepUpdate,
): Promise<void> {
  const step = await store.lockStep(transaction, id);
  if (!step) throw noSuch('step run', id);
  if (update.status) checkStepTransition(step.status, update.status);
  await store.updateStep(transaction, id, toChanges(step, update));
  const outputs = toLinks(update.outputs);
  const inputs = Object.entries(update.loaded_artifact_versions).map(([name, artifactId]) => ({
    name,
    artifactId: toDatabaseId(artifactId),
    type: 'manual' as const,
    index: 0,
    chunkIndex: null,
    chunkSize: null,
  }));
  const artifacts = { 'output artifact': outputs, 'input artifact': inputs };
  await requireArtifacts(transaction, step.project_id, artifacts);
  await links.insertOutputs(transaction, id, outputs);
  await links.insertInputs(transaction, id, inputs);
  await updateRunStatus(transaction, step.pipeline_run_id);
  for (const logs of update.add_logs ?? []) {
    await createLogsOf(
      transaction,
      logs,
      { projectId: step.project_id, userId: step.user_id },
      { step_run_id: id },
      'step',
    );
  }
}

function toChanges(step: store.StoredStep, update: StepUpdate): Partial<store.StepValues> {
  const status =
    update.status &&
    stepStatusAfter({
      current: step.status,
      requested: update.status,
      isRetriable: step.is_retriable === 1,
      runStatus: step.run_status,
    });
  return {
    ...(status && { status }),
    ...(update.end_time && { end_time: toDatabaseInstant(update.end_time) }),
    ...(update.exception_info && { exception_info: toStoredException(update.exception_info) }),
    ...(update.cache_expires_at && { cache_expires_at: toDatabaseInstant(update.cache_expires_at) }),
  };
}
