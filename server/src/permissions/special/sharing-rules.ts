import { ACTIONS, type Action, RESOURCE_TYPES, type ResourceType } from '../../auth/permissions.ts';
import { keyError, valueError } from '../../errors.ts';
import type { EntityName } from '../entities.ts';
import { resourceOf } from '../resource-models.ts';
import { type Check, memberOf, type Rule } from '../rules.ts';
import { findIfThere } from './run-rules.ts';

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
