import type { Identity } from '../auth/identity.ts';
import {
  type Action,
  type Permissions,
  type Resource,
  type ResourceType,
  type RowScope,
  resourceText,
} from '../auth/permissions.ts';
import type { Handlers } from '../contract/registry.ts';
import { toDatabaseId } from '../database/ids.ts';
import { ApiError, illegalOperation } from '../errors.ts';
import { type AnyHandler, type AnyRequest, ENTITIES, type EntityName, listRequest, readRequest } from './entities.ts';
import { isEntity, isOwnedBy, readWith, resourceOf, type TypedModel } from './resource-models.ts';

/** Asks, within one request, what its caller may do. Nothing is asked twice. */
export interface Checks {
  /** Reads an entity as far as permissions depend on it. @throws ApiError KeyError 404 */
  find(name: EntityName, id: unknown, hydrate?: boolean): Promise<TypedModel>;
  /** Reads a secret that the caller sees; `undefined` where there is none. */
  findSecretByName(name: string): Promise<TypedModel | undefined>;
  /** Reads a pipeline of a project (id in API form). */
  findPipelineByName(projectId: string, name: string): Promise<TypedModel | undefined>;
  /** Reads a snapshot of a pipeline (ids in API form). */
  findSnapshotByName(projectId: string, pipelineId: string, name: string): Promise<TypedModel | undefined>;
  /** @throws ApiError IllegalOperationError 403 where the caller may not do it with each of the entities */
  require(action: Action, models: readonly TypedModel[]): Promise<void>;
  /** @throws ApiError IllegalOperationError 403 */
  requireResource(action: Action, resource: Resource): Promise<void>;
  /** Why the caller may not create what belongs to a project; `undefined` for what they may. */
  refusals(projectId: string, types: readonly ResourceType[]): Promise<(Error | undefined)[]>;
  /** Whether the caller may do something with an entity. */
  may(action: Action, model: TypedModel): Promise<boolean>;
  /** Which of some resources the caller may read. */
  readable(resources: readonly string[]): Promise<ReadonlyMap<string, boolean>>;
  /** The ids (API form) of a type that the caller may do something with. */
  allowedIds(action: Action, type: ResourceType, projectId?: string): Promise<'all' | readonly string[]>;
  /** The rows that the caller may read; `undefined`: all. @param column of the ids; without `owned` no row has an owner */
  rows(type: ResourceType, projectId?: string, options?: RowOptions): Promise<RowScope | undefined>;
}

/** Where the rows of a list have what permissions are given for. */
export interface RowOptions {
  readonly column?: string;
  readonly owned?: boolean;
}

/** Types whose tables have no owners. */
const WITHOUT_OWNER: ReadonlySet<ResourceType> = new Set(['project', 'service_account']);

/** The checks of one request. @param handlers read the entities that a request is about */
export function createChecks(
  permissions: Permissions,
  handlers: Handlers,
  request: AnyRequest,
  identity: Identity,
): Checks {
  const known = new Map<Action, Map<string, boolean>>();
  const { user } = identity;
  const check = async (action: Action, resources: readonly string[]): Promise<ReadonlyMap<string, boolean>> => {
    const answers = known.get(action) ?? new Map<string, boolean>();
    known.set(action, answers);
    const unknown = [...new Set(resources)].filter((resource) => !answers.has(resource)).sort();
    for (const [resource, allowed] of await permissions.check(user, unknown, action)) answers.set(resource, allowed);
    return answers;
  };
  const requireResources = async (action: Action, resources: readonly string[]): Promise<void> => {
    const answers = await check(action, resources);
    for (const resource of resources) {
      const allowed = answers.get(resource);
      if (allowed) continue;
      const what = `${action.toUpperCase()} resource '${resource}'.`;
      if (allowed === undefined) throw new ApiError('RuntimeError', `Failed to verify permissions to ${what}`);
      throw illegalOperation(`Insufficient permissions to ${what}`);
    }
  };
  const resourcesOf = (action: Action, models: readonly TypedModel[]): string[] =>
    models
      .filter((model) => !isOwnedBy(model, user.id))
      .flatMap((model) => resourceOf(action === 'read' ? readWith(model) : model) ?? []);
  const allowedIds: Checks['allowedIds'] = (action, type, projectId) =>
    permissions.allowedIds(user, resourceText({ type, projectId }), action);

  const run = (id: keyof Handlers, asked: AnyRequest) => (handlers[id] as AnyHandler | undefined)?.(asked);
  const findInList = async (id: keyof Handlers, query: Readonly<Record<string, unknown>>) => {
    const page = await run(id, listRequest(request, query));
    const items = typeof page === 'object' && page !== null && 'items' in page ? page.items : [];
    const model: unknown = Array.isArray(items) ? items[0] : undefined;
    return isEntity(model) ? model : undefined;
  };

  return {
    async find(name, id, hydrate = false) {
      const { schema, get } = ENTITIES[name];
      const model = await run(get, readRequest(request, name, String(id), hydrate));
      if (!isEntity(model)) throw new Error(`${get} gave no entity.`);
      return { schema, model };
    },
    async findSecretByName(name) {
      const model = await findInList('list_secrets_api_v1_secrets_get', { name: `equals:${name}` });
      return model && { schema: ENTITIES.secret.schema, model };
    },
    async findPipelineByName(project, name) {
      const query = { project, name: `equals:${name}` };
      const model = await findInList('list_pipelines_api_v1_pipelines_get', query);
      return model && { schema: ENTITIES.pipeline.schema, model };
    },
    async findSnapshotByName(project, pipeline, name) {
      const query = { project, pipeline, name: `equals:${name}` };
      const model = await findInList('list_pipeline_snapshots_api_v1_pipeline_snapshots_get', query);
      return model && { schema: ENTITIES.snapshot.schema, model };
    },
    require: (action, models) => requireResources(action, resourcesOf(action, models)),
    requireResource: (action, resource) => requireResources(action, [resourceText(resource)]),
    async refusals(projectId, types) {
      const resources = types.map((type) => resourceText({ type, projectId }));
      await check('create', resources);
      return Promise.all(resources.map((resource) => requireResources('create', [resource]).then(nothing, asError)));
    },
    async may(action, model) {
      const [resource] = resourcesOf(action, [model]);
      return resource === undefined || (await check(action, [resource])).get(resource) === true;
    },
    readable: (resources) => check('read', resources),
    allowedIds,
    async rows(type, projectId, { column = 'id', owned = !WITHOUT_OWNER.has(type) } = {}) {
      const ids = await allowedIds('read', type, projectId);
      if (ids === 'all') return undefined;
      return { column, ids: ids.map(toDatabaseId), ownerId: owned ? toDatabaseId(user.id) : undefined };
    },
  };
}

const nothing = () => undefined;

function asError(error: unknown): Error {
  if (error instanceof Error) return error;
  throw error;
}
