import type { Action, CreationRefusals, ResourceType, Sharing } from '../auth/permissions.ts';
import type { Checks, RowOptions } from './checks.ts';
import { type AnyRequest, ENTITIES, type EntityName } from './entities.ts';
import { isEntity, resourceOf, type TypedModel } from './resource-models.ts';

/** A request that a rule decides on. */
export interface Call {
  readonly request: AnyRequest;
  readonly checks: Checks;
  /** The id (API form) of a project by name or id; of the default project without either. */
  projectId(nameOrId: unknown): Promise<string>;
  /** Does what is asked for; a rule may change the request, and which rows a list shows. */
  handle(change?: Change): Promise<unknown>;
  /** Tells the control plane that a resource is gone; it may not keep what has been done from being answered. */
  forget(resource: string): Promise<void>;
  /** Gives somebody else what they may do with a resource. */
  share(resource: string, actions: readonly Action[], to: Sharing): Promise<void>;
}

/** What a rule changes about a request before it is done. */
export interface Change {
  readonly query?: Readonly<Record<string, unknown>>;
  readonly rows?: Awaited<ReturnType<Checks['rows']>>;
  readonly refusals?: CreationRefusals;
  /** What goes (API form). */
  readonly goneId?: string;
}

/** Decides whether a request may be done, does it, and gives the answer. @throws ApiError IllegalOperationError 403 */
export type Rule = (call: Call) => Promise<unknown>;

/** What must hold before a request is done. @throws ApiError IllegalOperationError 403 */
export type Check = (call: Call) => Promise<void>;

/** For whoever is logged in. */
export const everybody: Rule = ({ handle }) => handle();

/** Does what comes first, and then what is asked for. */
export const after =
  (...checks: readonly ((call: Call) => Promise<unknown>)[]): Rule =>
  async (call) => {
    for (const check of checks) await check(call);
    return call.handle();
  };

/** Asks for an action on the entity that a path parameter names. */
export const may =
  (action: Action, name: EntityName, parameter: string = ENTITIES[name].parameter) =>
  async ({ request, checks }: Call): Promise<TypedModel> => {
    const found = await checks.find(name, request.path[parameter]);
    await checks.require(action, [found]);
    return found;
  };

/** Asks for an action on the run of what a path parameter names. */
export const mayWithRunOf =
  (action: Action, name: 'step' | 'hookInvocation' | 'waitCondition', parameter: string = ENTITIES[name].parameter) =>
  async ({ request, checks }: Call): Promise<void> =>
    checks.require(action, [await runOf(checks, await checks.find(name, request.path[parameter]))]);

/** Asks for an action on all of a type, in the project of the body or of the path. */
export const mayAll =
  (action: Action, type: ResourceType, inProject = false) =>
  async ({ checks, request, projectId }: Call): Promise<void> => {
    if (!inProject) return checks.requireResource(action, { type });
    const nameOrId = request.query['project_name_or_id'] ?? memberOf(request.body, 'project');
    return checks.requireResource(action, { type, projectId: await projectId(nameOrId) });
  };

/** Shows an entity to whom may read it. */
export const read =
  (name: EntityName): Rule =>
  async ({ handle, checks }) => {
    const answer = await handle();
    if (isEntity(answer)) await checks.require('read', [{ schema: ENTITIES[name].schema, model: answer }]);
    return answer;
  };

export const create = (type: ResourceType, inProject = false): Rule => after(mayAll('create', type, inProject));

export const update = (name: EntityName, parameter?: string): Rule => after(may('update', name, parameter));

/** Removes an entity, and at the control plane what was said of it. */
export const remove =
  (name: EntityName, parameter?: string): Rule =>
  async (call) => {
    const found = await may('delete', name, parameter)(call);
    const answer = await call.handle({ goneId: found.model.id });
    const resource = resourceOf(found);
    if (resource !== undefined) await call.forget(resource);
    return answer;
  };

/** Lists what the caller may read, and what is their own. */
export const list =
  (type: ResourceType, { inProject = false, ...options }: RowOptions & { readonly inProject?: boolean } = {}): Rule =>
  async ({ request, checks, projectId, handle }) => {
    const { query } = request;
    const project = inProject ? await projectId(query['project_name_or_id'] ?? query['project']) : undefined;
    return handle({ rows: await checks.rows(type, project, options) });
  };

/** The run that a step, a hook's invocation or a wait condition belongs to. */
export async function runOf(checks: Checks, { schema, model }: TypedModel): Promise<TypedModel> {
  const run = memberOf(model['resources'], 'run');
  if (schema === ENTITIES.waitCondition.schema && isEntity(run)) return { schema: ENTITIES.run.schema, model: run };
  const inMetadata = schema === ENTITIES.step.schema;
  return checks.find('run', memberOf(inMetadata ? model['metadata'] : model.body, 'pipeline_run_id'));
}

/** A member of a value that may be an object. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** The items of a member of a value that may be a list. */
export function listOf(value: unknown, name: string): unknown[] {
  const list = memberOf(value, name);
  return Array.isArray(list) ? list : [];
}
