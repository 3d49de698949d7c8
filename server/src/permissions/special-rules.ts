import { ACTIONS, type Action, RESOURCE_TYPES, type ResourceType } from '../auth/permissions.ts';
import { isUuid } from '../database/ids.ts';
import { ApiError, illegalOperation, keyError, valueError } from '../errors.ts';
import type { Checks } from './checks.ts';
import { ENTITIES, type EntityName } from './entities.ts';
import { isEntity, isOwnedBy, resourceOf, type TypedModel } from './resource-models.ts';
import { type Call, listOf, may, memberOf, type Rule, runOf } from './rules.ts';

type Check = (call: Call) => Promise<void>;

/** Whoever runs a snapshot makes a run, and a snapshot of it. */
export const mayRunIn =
  (name: EntityName): Check =>
  async ({ request, checks }) => {
    const found = await checks.find(name, request.path[ENTITIES[name].parameter]);
    await checks.require('read', [found]);
    await requireRunCreation(checks, found);
  };

async function requireRunCreation(checks: Checks, { model }: TypedModel): Promise<void> {
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

/** A secret that is not there is told by the operation itself. */
async function requireSecrets({ checks }: Call, namesOrIds: readonly unknown[]): Promise<void> {
  const found = await Promise.all(namesOrIds.map((each) => findSecret(checks, String(each))));
  await checks.require(
    'read',
    found.flatMap((each) => each ?? []),
  );
}

async function findSecret(checks: Checks, nameOrId: string): Promise<TypedModel | undefined> {
  return isUuid(nameOrId) ? checks.find('secret', nameOrId) : checks.findSecretByName(nameOrId);
}

/** The connector and the secrets that a component uses. */
export const mayUseReferencesOfComponent: Check = async (call) => {
  const { body } = call.request;
  const connector = memberOf(body, 'connector');
  if (connector) await call.checks.require('read', [await call.checks.find('connector', connector)]);
  await requireSecrets(call, [...listOf(body, 'secrets'), ...listOf(body, 'add_secrets')]);
};

/** What a stack is made of: it must be readable, and what is new on the way be allowed. */
export const mayUsePartsOfStack: Check = async (call) => {
  const { checks, request } = call;
  const components = Object.values(memberOf(request.body, 'components') ?? {}).flat();
  const connectors = listOf(request.body, 'service_connectors');
  const isId = (part: unknown) => typeof part === 'string';
  if (connectors.some((part) => !isId(part))) await checks.requireResource('create', { type: 'service_connector' });
  if (components.some((part) => !isId(part))) await checks.requireResource('create', { type: 'stack_component' });
  const found = await Promise.all([
    ...connectors.filter(isId).map((id) => checks.find('connector', id)),
    ...components.filter(isId).map((id) => checks.find('component', id)),
  ]);
  await checks.require('read', found);
  await requireSecrets(call, [...listOf(request.body, 'secrets'), ...listOf(request.body, 'add_secrets')]);
};

const SOURCES: Readonly<Record<string, EntityName>> = {
  pipeline: 'pipeline',
  pipeline_run: 'run',
  pipeline_snapshot: 'snapshot',
};

/** What a trigger waits for: whoever lets something follow an event changes what the event comes from. */
export const mayUseSourceOfTrigger: Check = async ({ request, checks }) => {
  const source = memberOf(request.body, 'source_entity');
  const name = SOURCES[String(memberOf(source, 'type'))];
  if (name) await checks.require('update', [await checks.find(name, memberOf(source, 'id'))]);
  const webhook = memberOf(request.body, 'webhook_id');
  if (webhook) await checks.require('read', [await checks.find('webhook', webhook)]);
};

/** A trigger of a webhook is changed by whom may read the webhook. */
export const mayReadWebhookOfTrigger: Check = async ({ request, checks }) => {
  const { model } = await checks.find('trigger', request.path['trigger_id']);
  const webhook = memberOf(model.body, 'webhook_id');
  if (webhook) await checks.require('read', [await checks.find('webhook', webhook)]);
};

/** A snapshot that a trigger is to run. */
export const mayAttachSnapshot: Check = async ({ request, checks }) => {
  await checks.require('update', [await checks.find('trigger', request.path['trigger_id'])]);
  const snapshot = await checks.find('snapshot', request.path['snapshot_id']);
  await checks.require('read', [snapshot]);
  await requireRunCreation(checks, snapshot);
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

/** The run of a log that is written. */
export const mayUpdateRunOfLogs: Check = async ({ request, checks }) => {
  const runId = memberOf(request.body, 'pipeline_run_id');
  const stepId = memberOf(request.body, 'step_run_id');
  if (runId) await checks.require('update', [await checks.find('run', runId)]);
  else if (stepId) await checks.require('update', [await runOf(checks, await checks.find('step', stepId))]);
};

/** The stores in which a log is kept. */
export const mayReadStoresOfLogs: Check = async ({ request, checks }) => {
  const ids = ['artifact_store_id', 'log_store_id'].flatMap((name) => memberOf(request.body, name) ?? []);
  await checks.require('read', await Promise.all(ids.map((id) => checks.find('component', id))));
};

/** The run of a log that is read. */
export const mayReadRunOfLogs: Check = async ({ request, checks }) => {
  const { model } = await checks.find('logs', request.path['logs_id']);
  const { pipeline_run_id, step_run_id, hook_invocation_id } = model.body ?? {};
  if (pipeline_run_id) return checks.require('read', [await checks.find('run', pipeline_run_id)]);
  const child = step_run_id
    ? await checks.find('step', step_run_id)
    : hook_invocation_id && (await checks.find('hookInvocation', hook_invocation_id));
  if (child) return checks.require('read', [await runOf(checks, child as TypedModel)]);
  throw illegalOperation('Logs must be associated with a pipeline run, step run or hook invocation before fetching.');
};

const VISUALIZED: Readonly<Record<string, EntityName>> = {
  deployment: 'deployment',
  model: 'model',
  pipeline: 'pipeline',
  pipeline_run: 'run',
  pipeline_snapshot: 'snapshot',
  project: 'project',
};

async function visualizedBy(checks: Checks, about: unknown): Promise<TypedModel[]> {
  const name = VISUALIZED[String(memberOf(about, 'resource_type'))];
  return name ? [await checks.find(name, memberOf(about, 'resource_id'))] : [];
}

/** What a visualization is shown beside. */
export const mayShowVisualization: Check = async ({ request, checks }) =>
  checks.require('update', await visualizedBy(checks, request.body));

/** What a visualization that is there is shown beside. */
export const mayWithVisualized =
  (action: Action): Check =>
  async ({ request, checks }) => {
    const { model } = await checks.find('curatedVisualization', request.path['visualization_id']);
    await checks.require(action, await visualizedBy(checks, model.body));
  };

/** The artifact store in which the data of a version is. */
export const mayReadData: Check = async ({ request, checks }) => {
  const version = await checks.find('artifactVersion', request.path['artifact_version_id']);
  const store = version.model.body?.['artifact_store_id'];
  const stores = store ? [await checks.find('component', store)] : [];
  await checks.require('read', [version, ...stores]);
};

/** The store whose data goes with a version, and the connector that reaches it. */
const mayDeleteData: Check = async ({ request, checks }) => {
  if (request.query['delete_from_artifact_store'] !== true) return;
  const version = await checks.find('artifactVersion', request.path['artifact_version_id']);
  const storeId = version.model.body?.['artifact_store_id'];
  if (!storeId) return;
  const store = await checks.find('component', storeId);
  await checks.require('read', [store]);
  const connector = memberOf(store.model['resources'], 'connector');
  if (!isEntity(connector)) return;
  const typed = { schema: ENTITIES.connector.schema, model: connector };
  await checks.require('read', [typed]);
  await checks.require('client', [typed]);
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

/** A version goes with its data, where that is asked for; the control plane forgets it where it is gone. */
export const removeArtifactVersion: Rule = async (call) => {
  const found = await may('delete', 'artifactVersion')(call);
  await mayDeleteData(call);
  const answer = await call.handle();
  if (call.request.query['delete_metadata'] !== false) await call.forget(resourceOf(found) ?? '');
  return answer;
};

/** All unused versions of a project go. */
export const pruneArtifactVersions: Rule = async ({ request, checks, projectId, handle }) => {
  const project = await projectId(request.query['project_name_or_id']);
  await checks.requireResource('prune', { type: 'artifact_version', projectId: project });
  return handle();
};

/** Versions of several artifacts, each in a project that its request names. */
export const mayCreateVersions: Check = async ({ request, checks, projectId }) => {
  const projects = (Array.isArray(request.body) ? request.body : []).map((each) => memberOf(each, 'project'));
  for (const project of new Set(projects)) {
    await checks.requireResource('create', { type: 'artifact_version', projectId: await projectId(project) });
  }
};

/** A version is brought to a stage by whom the model lets. */
export const mayPromote: Check = async ({ request, checks }) => {
  if (!memberOf(request.body, 'stage')) return;
  const version = await checks.find('modelVersion', request.path['model_version_id']);
  const model = version.model.body?.['model'];
  if (isEntity(model)) await checks.require('promote', [{ schema: ENTITIES.model.schema, model }]);
};

/** The entity that a member of the body names. */
export const mayWithBody =
  (action: Action, name: EntityName, member: string): Check =>
  async ({ request, checks }) =>
    checks.require(action, [await checks.find(name, memberOf(request.body, member))]);

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

async function findIfThere(checks: Checks, name: EntityName, id: unknown): Promise<TypedModel | undefined> {
  try {
    return await checks.find(name, id);
  } catch (error) {
    if (error instanceof ApiError && error.name === 'KeyError') return undefined;
    throw error;
  }
}

/** A secret's values, and a connector's, are shown to whom may read them; the others see which there are. */
export const readSecret: Rule = async (call) => {
  const answer = await call.handle();
  if (!isEntity(answer)) return answer;
  const typed = { schema: ENTITIES.secret.schema, model: answer };
  await call.checks.require('read', [typed]);
  return (await call.checks.may('read_secret_value', typed)) ? answer : withoutValues(answer);
};

function withoutValues(secret: TypedModel['model']): unknown {
  const names = Object.keys(memberOf(secret.body, 'values') ?? {});
  return { ...secret, body: { ...secret.body, values: Object.fromEntries(names.map((name) => [name, null])) } };
}

export const listSecrets: Rule = async ({ request, checks, handle }) => {
  const page = await handle({ rows: await checks.rows('secret') });
  const readable = await checks.allowedIds('read_secret_value', 'secret');
  const userId = request.identity.user.id;
  return withItems(page, (model) =>
    maySeeValues(model, ENTITIES.secret.schema, readable, userId) ? model : withoutValues(model),
  );
};

/** A connector whose credentials the caller may not read is shown as if nobody had asked for them. */
export const readConnector: Rule = async ({ request, checks, handle }) => {
  const typed = await checks.find('connector', request.path['connector_id']);
  await checks.require('read', [typed]);
  const expanded = request.query['expand_secrets'] !== false && (await checks.may('read_secret_value', typed));
  return handle({ query: { expand_secrets: expanded } });
};

export const listConnectors: Rule = async ({ request, checks, handle }) => {
  const rows = await checks.rows('service_connector');
  if (request.query['expand_secrets'] === false) return handle({ rows });
  const readable = await checks.allowedIds('read_secret_value', 'service_connector');
  if (readable === 'all') return handle({ rows });
  const whole = await handle({ rows });
  const plain = listOf(await handle({ rows, query: { expand_secrets: false } }), 'items');
  const plainById = new Map(plain.filter(isEntity).map((each) => [each.id, each]));
  const userId = request.identity.user.id;
  const { schema } = ENTITIES.connector;
  return withItems(whole, (model) =>
    maySeeValues(model, schema, readable, userId) ? model : (plainById.get(model.id) ?? { ...model, metadata: null }),
  );
};

function withItems(page: unknown, change: (model: TypedModel['model']) => unknown): unknown {
  const items = listOf(page, 'items').map((item) => (isEntity(item) ? change(item) : item));
  return typeof page === 'object' ? { ...page, items } : page;
}

function maySeeValues(
  model: TypedModel['model'],
  schema: string,
  readable: 'all' | readonly string[],
  userId: string,
): boolean {
  return readable === 'all' || readable.includes(model.id) || isOwnedBy({ schema, model }, userId);
}

/** A connector that is there is used by whom may read it, and a new one by whom may make one. */
export const mayUseConnectorInfo: Check = async ({ request, checks }) => {
  const id = request.query['connector_uuid'];
  if (request.body != null && id != null) return;
  if (request.body != null) await checks.requireResource('create', { type: 'service_connector' });
  else if (id != null) await checks.requireResource('read', { type: 'service_connector', id: String(id) });
};

/** A stack that was deployed to a cloud. */
export const deployedStack: Rule = async ({ checks, handle }) => {
  const answer = await handle();
  const parts = [
    { schema: ENTITIES.stack.schema, model: memberOf(answer, 'stack') },
    { schema: ENTITIES.connector.schema, model: memberOf(answer, 'service_connector') },
  ];
  await checks.require(
    'read',
    parts.flatMap(({ schema, model }) => (isEntity(model) ? [{ schema, model }] : [])),
  );
  return answer;
};

const TAGGED: Readonly<Record<string, EntityName>> = {
  artifact: 'artifact',
  artifact_version: 'artifactVersion',
  model: 'model',
  model_version: 'modelVersion',
  pipeline: 'pipeline',
  pipeline_run: 'run',
  pipeline_snapshot: 'snapshot',
  run_template: 'runTemplate',
  deployment: 'deployment',
};

/** What is tagged. */
export const mayTag: Check = async ({ request, checks }) => {
  const requests = Array.isArray(request.body) ? request.body : [request.body];
  const found = await Promise.all(
    requests.map(async (each) => {
      const name = TAGGED[String(memberOf(each, 'resource_type'))];
      return name ? [await checks.find(name, memberOf(each, 'resource_id'))] : [];
    }),
  );
  await checks.require('update', found.flat());
};

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

const SHARED: Readonly<Partial<Record<ResourceType, EntityName>>> = {
  artifact: 'artifact',
  artifact_version: 'artifactVersion',
  code_repository: 'codeRepository',
  deployment: 'deployment',
  flavor: 'flavor',
  model: 'model',
  model_version: 'modelVersion',
  pipeline: 'pipeline',
  pipeline_build: 'build',
  pipeline_deployment: 'snapshot',
  pipeline_run: 'run',
  run_template: 'runTemplate',
  schedule: 'schedule',
  secret: 'secret',
  service: 'service',
  service_account: 'serviceAccount',
  service_connector: 'connector',
  stack: 'stack',
  stack_component: 'component',
  tag: 'tag',
  trigger: 'trigger',
  webhook: 'webhook',
};

/** Somebody shares a resource who may, and no more of it than is theirs. */
export const shareResource: Rule = async ({ request, checks, share }) => {
  const { resource_type, resource_id, user_id, team_id } = request.query;
  const { externalId } = request.identity.user;
  if (user_id && user_id === externalId) {
    throw valueError('Not allowed to call endpoint with the authenticated user.');
  }
  const type = RESOURCE_TYPES.find((each) => each === resource_type);
  if (!type) throw valueError(`'${resource_type}' is not a valid ResourceType`);
  const actions = sharedActions(request.body);
  const name = SHARED[type];
  if (!name) throw keyError(`Resources of type ${type} cannot be shared.`);
  const found = await findIfThere(checks, name, resource_id);
  if (!found) throw keyError(`Resource of type ${type} with ID ${resource_id} does not exist.`);
  for (const action of ['share', ...actions] as const) await checks.require(action, [found]);
  const idOr = (id: unknown) => (typeof id === 'string' ? id : null);
  await share(resourceOf(found) ?? '', actions, { userId: idOr(user_id), teamId: idOr(team_id) });
  return null;
};

/** @throws ApiError ValueError 400 for an action that there is not */
function sharedActions(body: unknown): Action[] {
  return (Array.isArray(body) ? body : []).map((given) => {
    const action = ACTIONS.find((each) => each === given);
    if (action) return action;
    throw valueError(`'${given}' is not a valid Action`);
  });
}
