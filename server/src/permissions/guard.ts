import type { Logger } from 'pino';
import type { CallerPermissions, Permissions } from '../auth/permissions.ts';
import type { ContractDocument, JsonSchema } from '../contract/document.ts';
import type { Handlers } from '../contract/registry.ts';
import { Reply } from '../contract/reply.ts';
import type { Database } from '../database/database.ts';
import { fromDatabaseId } from '../database/ids.ts';
import type { ResolveProject } from '../listing/lister.ts';
import { rawTextOf } from '../raw-json.ts';
import { type Checks, createChecks } from './checks.ts';
import { type AnyHandler, partsOf } from './entities.ts';
import { entitled } from './entitled-use.ts';
import { createNestedModels, type NestedModels } from './nested-models.ts';
import { isOwnedBy, readWith, resourceOf, type TypedModel } from './resource-models.ts';
import { anyone, RULES } from './rule-table.ts';
import type { Call, Rule } from './rules.ts';

/** The parts that permissions are checked with. */
export interface GuardParts {
  readonly permissions: Permissions;
  readonly document: ContractDocument;
  readonly db: Database;
  readonly resolveProject: ResolveProject;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Puts the rules before the operations: each asks the control plane first whether its caller may do what it does, lists
 * show what the caller may read, and entities within an answer that the caller may not read show nothing but their id
 * and name. Operations themselves know nothing of it.
 */
export function guardHandlers(handlers: Handlers, parts: GuardParts): Handlers {
  const nested = createNestedModels(parts.document);
  const schemas = answerSchemas(parts.document);
  const guarded = Object.entries(RULES).flatMap(([id, rule]) => {
    const handler = handlers[id as keyof Handlers] as AnyHandler | undefined;
    if (rule === anyone || (!handler && id !== SHARING)) return [];
    const answer = guard(rule, handler ?? (async () => null), {
      ...parts,
      operation: id,
      handlers,
      nested,
      schema: schemas.get(id),
    });
    return [[id, answer] as const];
  });
  return { ...handlers, ...Object.fromEntries(guarded) };
}

/** Its rule is all that it does. */
const SHARING = 'update_user_resource_membership_api_v1_users_resource_membership_post';

interface Guarded extends GuardParts {
  readonly operation: string;
  readonly handlers: Handlers;
  readonly nested: NestedModels;
  readonly schema: JsonSchema | undefined;
}

function guard(rule: Rule, handler: AnyHandler, parts: Guarded): AnyHandler {
  const { permissions, db, resolveProject, log } = parts;
  return async (request) => {
    const { identity } = request;
    const checks = createChecks(permissions, parts.handlers, request, identity);
    const caller: CallerPermissions = { readableRows: (type, projectId) => checks.rows(type, projectId) };
    const asked: Pick<Call, 'request' | 'checks' | 'projectId'> = {
      request,
      checks,
      projectId: async (nameOrId) => fromDatabaseId(await resolveProject(db, nameOrId ? String(nameOrId) : undefined)),
    };
    const handle: Call['handle'] = ({ query, rows, refusals } = {}) =>
      handler({
        ...partsOf(request),
        query: { ...request.query, ...query },
        identity: { ...identity, permissions: { ...caller, rows, refusals } },
      });
    const call: Call = {
      ...asked,
      handle: entitled(parts.operation, permissions.entitlements, log, asked, handle),
      forget: (resource) =>
        permissions.forget([resource]).catch((error: unknown) => {
          log.warn({ err: error, resource }, 'the control plane was not told that a resource is gone');
        }),
      share: (resource, actions, to) => permissions.share(identity.user, resource, actions, to),
    };
    return hideUnreadable(await rule(call), parts, checks, identity.user.id);
  };
}

/** Leaves of the entities within an answer that the caller may not read their id and name. */
async function hideUnreadable(answer: unknown, parts: Guarded, checks: Checks, userId: string): Promise<unknown> {
  if (answer instanceof Reply) {
    if (answer.body === undefined) return answer;
    return new Reply(await hideUnreadable(answer.body, parts, checks, userId), answer.options);
  }
  const { nested, schema } = parts;
  if (!schema) return answer;
  // A repeated request gets the recorded answer, which was recorded whole.
  const text = rawTextOf(answer);
  const value: unknown = text === undefined ? answer : JSON.parse(text);
  const isOwn = (found: TypedModel) => isOwnedBy(readWith(found), userId);
  const resourceToRead = (found: TypedModel) => (isOwn(found) ? undefined : resourceOf(readWith(found)));
  const resources = nested.find(schema, value).flatMap((found) => resourceToRead(found) ?? []);
  if (resources.length === 0) return answer;
  const readable = await checks.readable(resources);
  return nested.replace(schema, value, (found) => {
    const resource = resourceToRead(found);
    if (resource === undefined || readable.get(resource)) return found.model;
    return { ...found.model, body: null, metadata: null, resources: null, permission_denied: true };
  });
}

const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/** Answers that the contract does not describe, although there are entities in them. */
const UNDESCRIBED: Readonly<Record<string, JsonSchema>> = {
  update_pipeline_snapshot_api_v1_pipeline_snapshots__snapshot_id__put: ref('PipelineSnapshotResponse'),
  create_deployment_api_v1_pipeline_deployments_post: ref('PipelineSnapshotResponse'),
  get_deployment_api_v1_pipeline_deployments__deployment_id__get: ref('PipelineSnapshotResponse'),
  list_deployments_api_v1_pipeline_deployments_get: ref('Page_PipelineSnapshotResponse_'),
  stop_run_api_v1_runs__run_id__stop_post: ref('PipelineRunResponse'),
};

function answerSchemas(document: ContractDocument): Map<string, JsonSchema> {
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
  return new Map(
    operations.flatMap(({ operationId, responses }) => {
      const described = (responses['200'] ?? responses['202'])?.content?.['application/json']?.schema;
      const schema = UNDESCRIBED[operationId] ?? described;
      return schema ? [[operationId, schema] as const] : [];
    }),
  );
}
