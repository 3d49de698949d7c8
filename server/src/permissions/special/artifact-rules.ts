import type { Action } from '../../auth/permissions.ts';
import type { Checks } from '../checks.ts';
import { ENTITIES, type EntityName } from '../entities.ts';
import { isEntity, resourceOf, type TypedModel } from '../resource-models.ts';
import { type Check, may, memberOf, type Rule } from '../rules.ts';

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
