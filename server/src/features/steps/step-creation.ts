import type { CreationRefusals } from '../../auth/permissions.ts';
import type { Complete } from '../../contract/completion.ts';
import type { Model } from '../../contract/operation-types.ts';
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
import { type RunPipeline, toRunPipeline } from './step-configurations-read-model.ts';
import { linkStep, type StepRequest } from './step-links.ts';
import { checkStepTransition, isSuccessful } from './step-status.ts';
import * as store from './steps-store.ts';

type Step = Model<'Step-Output'>;

/** What the creation of steps needs of other parts. */
export interface StepCreationParts {
  readonly complete: Complete;
  readonly updateRunStatus: UpdateRunStatus;
}

/** Creates a step run, or the next try of one, and returns its id. @throws ApiError 403, 404, 409 */
export async function createStep(
  { complete, updateRunStatus }: StepCreationParts,
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
  const { step, dynamicText } = await resolveStep(complete, transaction, run, pipeline, request);
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
  if (status !== 'running') await updateRunStatus(transaction, run.id);
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
