import { ApiError } from '../../errors.ts';
import type { Checks } from '../checks.ts';
import { ENTITIES, type EntityName } from '../entities.ts';
import { isEntity, type TypedModel } from '../resource-models.ts';
import { type Check, listOf, memberOf, type Rule, runOf } from '../rules.ts';
import { requireSecrets } from './secret-rules.ts';

/** Whoever runs a snapshot makes a run, and a snapshot of it. */
export const mayRunIn =
  (name: EntityName): Check =>
  async ({ request, checks }) => {
    const found = await checks.find(name, request.path[ENTITIES[name].parameter]);
    await checks.require('read', [found]);
    await requireRunCreation(checks, found);
  };

export async function requireRunCreation(checks: Checks, { model }: TypedModel): Promise<void> {
  const projectId = String(model.body?.['project_id']);
  await checks.requireResource('create', { type: 'pipeline_deployment', projectId });
  await checks.requireResource('create', { type: 'pipeline_run', projectId });
}

/** The secrets that a run configuration hands to the run and to its steps. */
export const mayReadSecretsOfConfiguration: Check = async (call) => {
  const { body } = call.request;
  const configuration = memberOf(body, 'run_configuration') ?? body;
  const steps = Object.values(memberOf(configuration, 'steps') ?? {});
  const secrets = [configuration, ...steps].flatMap((part) => listOf(part, 'secrets'));
  await requireSecrets(call, secrets);
};

const METADATA_RESOURCES: Readonly<Record<string, EntityName>> = {
  pipeline_run: 'run',
  step_run: 'step',
  artifact_version: 'artifactVersion',
  model_version: 'modelVersion',
  schedule: 'schedule',
  wait_condition: 'waitCondition',
};

/** What metadata is about. */
export const mayUpdateMetadataResources: Check = async ({ request, checks }) => {
  const models = await Promise.all(
    listOf(request.body, 'resources').map(async (resource) => {
      const name = METADATA_RESOURCES[String(memberOf(resource, 'type'))];
      if (!name) return [];
      const found = await checks.find(name, memberOf(resource, 'id'));
      return [name === 'waitCondition' ? await runOf(checks, found) : found];
    }),
  );
  await checks.require('update', models.flat());
};

/** The stack in whose artifact store the code of a snapshot is. */
export const mayReadCode: Check = async ({ request, checks }) => {
  const snapshot = await checks.find('snapshot', request.path['snapshot_id']);
  const stack = memberOf(snapshot.model['resources'], 'stack');
  if (!isEntity(stack)) return checks.require('read', [snapshot]);
  const whole = await checks.find('stack', stack.id, true);
  const [store] = listOf(memberOf(whole.model['metadata'], 'components'), 'artifact_store');
  const stores = isEntity(store) ? [{ schema: ENTITIES.component.schema, model: store }] : [];
  await checks.require('read', [snapshot, whole, ...stores]);
};

/** The run of a new step, hook's invocation or wait condition, and what the hook has made. */
export const mayReadOutputs: Check = async ({ request, checks }) => {
  const ids = Object.values(memberOf(request.body, 'outputs') ?? {}).flat();
  const unique = [...new Set(ids.map(String))];
  await checks.require('read', await Promise.all(unique.map((id) => checks.find('artifactVersion', id))));
};

/** A run is begun by whom may, and found by whom may read it. */
export const getOrCreateRun: Rule = async ({ request, checks, projectId, handle }) => {
  const original = memberOf(request.body, 'original_run_id');
  if (original) await checks.require('read', [await checks.find('run', original)]);
  const nameOrId = request.query['project_name_or_id'] ?? memberOf(request.body, 'project');
  const types = ['pipeline_run', 'model', 'model_version'] as const;
  const [begin, model, modelVersion] = await checks.refusals(await projectId(nameOrId), types);
  const answer = await handle({ refusals: { run: begin, model, modelVersion } });
  const [run, created] = Array.isArray(answer) ? answer : [];
  if (!created && isEntity(run)) await checks.require('read', [{ schema: ENTITIES.run.schema, model: run }]);
  return answer;
};

/** A step belongs to its run; a model that it names is made by whom may make one. */
export const createStep: Rule = async ({ request, checks, handle }) => {
  const run = await checks.find('run', memberOf(request.body, 'pipeline_run_id'));
  await checks.require('update', [run]);
  const projectId = String(run.model.body?.['project_id']);
  const [model, modelVersion] = await checks.refusals(projectId, ['model', 'model_version']);
  return handle({ refusals: { model, modelVersion } });
};

/** Groups runs that the caller may read. */
export const runStatistics: Rule = async ({ request, checks, projectId, handle }) => {
  const project = memberOf(memberOf(request.body, 'filter'), 'project');
  return handle({ rows: await checks.rows('pipeline_run', await projectId(project)) });
};

/** A token for a run is for whom may read the run, and such tokens for whom may make runs. */
export const workloadToken: Rule = async ({ request, checks, handle }) => {
  const { token } = request.identity;
  const { query } = request;
  if (query['token_type'] !== 'workload') return handle();
  const runId = query['pipeline_run_id'] ?? token?.pipelineRunId;
  const scheduleId = query['schedule_id'] ?? token?.scheduleId;
  const deploymentId = query['deployment_id'] ?? token?.deploymentId;
  const run = runId ? await findIfThere(checks, 'run', runId) : undefined;
  if (run) await checks.require('read', [run]);
  // The last of them that there is gives the project; where there is none, the operation says so.
  const found =
    (deploymentId && (await findIfThere(checks, 'deployment', deploymentId))) ||
    run ||
    (scheduleId && (await findIfThere(checks, 'schedule', scheduleId))) ||
    undefined;
  const projectId = found?.model.body?.['project_id'];
  if (typeof projectId === 'string') await checks.requireResource('create', { type: 'pipeline_run', projectId });
  return handle();
};

export async function findIfThere(checks: Checks, name: EntityName, id: unknown): Promise<TypedModel | undefined> {
  try {
    return await checks.find(name, id);
  } catch (error) {
    if (error instanceof ApiError && error.name === 'KeyError') return undefined;
    throw error;
  }
}

/** A snapshot takes the name of another one by whom may delete the other one, since it may be deleted then. */
export const mayReplaceSnapshot: Check = async ({ request, checks, projectId }) => {
  const name = memberOf(request.body, 'name');
  if (memberOf(request.body, 'replace') !== true || typeof name !== 'string') return;
  const own = request.path['snapshot_id'];
  const snapshot = own === undefined ? undefined : (await checks.find('snapshot', own)).model;
  const pipeline = snapshot ? snapshot.body?.['pipeline_id'] : memberOf(request.body, 'pipeline');
  const project = snapshot
    ? snapshot.body?.['project_id']
    : await projectId(request.query['project_name_or_id'] ?? memberOf(request.body, 'project'));
  if (!pipeline) return;
  const replaced = await checks.findSnapshotByName(String(project), String(pipeline), name);
  if (replaced && replaced.model.id !== own) await checks.require('delete', [replaced]);
};
