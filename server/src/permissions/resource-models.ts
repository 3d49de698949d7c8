import { type Resource, type ResourceType, resourceText } from '../auth/permissions.ts';

/** What an answer says of one entity, as far as permissions depend on it. */
export interface EntityModel {
  readonly id: string;
  readonly body: Readonly<Record<string, unknown>> | null;
  readonly [member: string]: unknown;
}

/** For what permission is asked where an entity is read or changed. */
export interface PermissionRule {
  /** Left out where everybody may see and change it who may see what it belongs to. */
  readonly type?: ResourceType;
  /** A version is read with the permission of that whose version it is: a member of the body, and its schema. */
  readonly readWith?: { readonly member: string; readonly schema: string };
}

/** The entities of the contract by schema (ZenML 0.98.0 zen_server/rbac/utils.py); others need no permission. */
export const PERMISSION_RULES: Readonly<Record<string, PermissionRule>> = {
  ArtifactResponse: { type: 'artifact' },
  ArtifactVersionResponse: { type: 'artifact_version', readWith: { member: 'artifact', schema: 'ArtifactResponse' } },
  StepRunInputResponse: { readWith: { member: 'artifact', schema: 'ArtifactResponse' } },
  CodeRepositoryResponse: { type: 'code_repository' },
  ComponentResponse: { type: 'stack_component' },
  DeploymentResponse: { type: 'deployment' },
  FlavorResponse: { type: 'flavor' },
  ModelResponse: { type: 'model' },
  ModelVersionResponse: { type: 'model_version', readWith: { member: 'model', schema: 'ModelResponse' } },
  PipelineBuildResponse: { type: 'pipeline_build' },
  PipelineResponse: { type: 'pipeline' },
  PipelineRunResponse: { type: 'pipeline_run' },
  PipelineSnapshotResponse: { type: 'pipeline_deployment' },
  PlatformEventTriggerResponse: { type: 'trigger' },
  ProjectResponse: { type: 'project' },
  RunTemplateResponse: { type: 'run_template' },
  ScheduleResponse: { type: 'schedule' },
  ScheduleTriggerResponse: { type: 'trigger' },
  SecretResponse: { type: 'secret' },
  ServiceAccountResponse: { type: 'service_account' },
  ServiceConnectorResponse: { type: 'service_connector' },
  ServiceResponse: { type: 'service' },
  StackResponse: { type: 'stack' },
  TagResponse: { type: 'tag' },
  WebhookResponse: { type: 'webhook' },
  WebhookTriggerResponse: { type: 'trigger' },
};

/** An entity and the schema that it follows. */
export interface TypedModel {
  readonly schema: string;
  readonly model: EntityModel;
}

/** The entity with whose permission another one is read: itself, or that whose version it is. */
export function readWith({ schema, model }: TypedModel): TypedModel {
  const surrogate = PERMISSION_RULES[schema]?.readWith;
  const other = surrogate && model.body?.[surrogate.member];
  return surrogate && isEntity(other) ? { schema: surrogate.schema, model: other } : { schema, model };
}

/** The resource that stands for an entity; `undefined` where no permission is needed. */
export function resourceOf({ schema, model }: TypedModel): string | undefined {
  const type = PERMISSION_RULES[schema]?.type;
  if (type === undefined) return undefined;
  const projectId = model.body?.['project_id'];
  const resource: Resource = { type, id: model.id, ...(typeof projectId === 'string' && { projectId }) };
  return resourceText(resource);
}

/** Whether an entity belongs to a user; what the server made by itself belongs to everybody. */
export function isOwnedBy({ model }: TypedModel, userId: string): boolean {
  if (model.body === null || !('user_id' in model.body)) return false;
  const owner = model.body['user_id'];
  return owner === null || owner === userId;
}

/** Whether a value is an entity of an answer. */
export function isEntity(value: unknown): value is EntityModel {
  return typeof value === 'object' && value !== null && 'id' in value && 'body' in value;
}
