import type { OperationId } from '../contract/operation-types.ts';
import type { Handlers, OperationRequest } from '../contract/registry.ts';

/** How an entity is read whose permission decides on a request. */
interface Entity {
  /** The schema that the answer follows. */
  readonly schema: string;
  readonly get: keyof Handlers;
  /** The path parameter that names it. */
  readonly parameter: string;
  /** What else is asked for than the least. */
  readonly query?: Readonly<Record<string, unknown>>;
}

const entity = (
  schema: string,
  get: OperationId,
  parameter: string,
  query?: Readonly<Record<string, unknown>>,
): Entity => ({ schema, get, parameter, ...(query && { query }) });

/** The entities that requests are about. */
export const ENTITIES = {
  artifact: entity('ArtifactResponse', 'get_artifact_api_v1_artifacts__artifact_id__get', 'artifact_id'),
  artifactVersion: entity(
    'ArtifactVersionResponse',
    'get_artifact_version_api_v1_artifact_versions__artifact_version_id__get',
    'artifact_version_id',
  ),
  build: entity('PipelineBuildResponse', 'get_build_api_v1_pipeline_builds__build_id__get', 'build_id'),
  codeRepository: entity(
    'CodeRepositoryResponse',
    'get_code_repository_api_v1_code_repositories__code_repository_id__get',
    'code_repository_id',
  ),
  component: entity('ComponentResponse', 'get_stack_component_api_v1_components__component_id__get', 'component_id'),
  connector: entity(
    'ServiceConnectorResponse',
    'get_service_connector_api_v1_service_connectors__connector_id__get',
    'connector_id',
    { expand_secrets: false },
  ),
  curatedVisualization: entity(
    'CuratedVisualizationResponse',
    'get_curated_visualization_api_v1_curated_visualizations__visualization_id__get',
    'visualization_id',
  ),
  deployment: entity('DeploymentResponse', 'get_deployment_api_v1_deployments__deployment_id__get', 'deployment_id'),
  flavor: entity('FlavorResponse', 'get_flavor_api_v1_flavors__flavor_id__get', 'flavor_id'),
  hookInvocation: entity(
    'HookInvocationResponse',
    'get_hook_invocation_api_v1_hook_invocations__hook_invocation_id__get',
    'hook_invocation_id',
  ),
  logs: entity('LogsResponse', 'get_logs_api_v1_logs__logs_id__get', 'logs_id'),
  model: entity('ModelResponse', 'get_model_api_v1_models__model_id__get', 'model_id'),
  modelVersion: entity(
    'ModelVersionResponse',
    'get_model_version_api_v1_model_versions__model_version_id__get',
    'model_version_id',
  ),
  pipeline: entity('PipelineResponse', 'get_pipeline_api_v1_pipelines__pipeline_id__get', 'pipeline_id'),
  project: entity('ProjectResponse', 'get_project_api_v1_projects__project_name_or_id__get', 'project_name_or_id'),
  run: entity('PipelineRunResponse', 'get_run_api_v1_runs__run_id__get', 'run_id'),
  runTemplate: entity('RunTemplateResponse', 'get_run_template_api_v1_run_templates__template_id__get', 'template_id'),
  schedule: entity('ScheduleResponse', 'get_schedule_api_v1_schedules__schedule_id__get', 'schedule_id'),
  secret: entity('SecretResponse', 'get_secret_api_v1_secrets__secret_id__get', 'secret_id'),
  service: entity('ServiceResponse', 'get_service_api_v1_services__service_id__get', 'service_id'),
  serviceAccount: entity(
    'ServiceAccountResponse',
    'get_service_account_api_v1_service_accounts__service_account_name_or_id__get',
    'service_account_name_or_id',
  ),
  snapshot: entity(
    'PipelineSnapshotResponse',
    'get_pipeline_snapshot_api_v1_pipeline_snapshots__snapshot_id__get',
    'snapshot_id',
  ),
  stack: entity('StackResponse', 'get_stack_api_v1_stacks__stack_id__get', 'stack_id'),
  /** Its run stands in the metadata. */
  step: entity('StepRunResponse', 'get_step_api_v1_steps__step_id__get', 'step_id', { hydrate: true }),
  tag: entity('TagResponse', 'get_tag_api_v1_tags__tag_id__get', 'tag_id'),
  trigger: entity('ScheduleTriggerResponse', 'get_trigger_api_v1_triggers__trigger_id__get', 'trigger_id'),
  waitCondition: entity(
    'RunWaitConditionResponse',
    'get_run_wait_condition_api_v1_run_wait_conditions__run_wait_condition_id__get',
    'run_wait_condition_id',
  ),
  webhook: entity('WebhookResponse', 'get_webhook_api_v1_webhooks__webhook_id__get', 'webhook_id'),
} as const satisfies Record<string, Entity>;

/** One of the {@link ENTITIES}. */
export type EntityName = keyof typeof ENTITIES;

/** A request of any operation, whose parts are looked into by name. */
export interface AnyRequest extends Omit<OperationRequest<OperationId>, 'path' | 'query' | 'body'> {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** A handler of any operation. */
export type AnyHandler = (request: AnyRequest) => Promise<unknown>;

/** The request that reads an entity, made out of the request that is about it. */
export function readRequest(request: AnyRequest, name: EntityName, id: string, hydrate: boolean): AnyRequest {
  const { parameter, query }: Entity = ENTITIES[name];
  return { ...partsOf(request), path: { [parameter]: id }, query: { hydrate, ...query }, body: undefined };
}

/** The request for a list's first item. */
export function listRequest(request: AnyRequest, query: Readonly<Record<string, unknown>>): AnyRequest {
  return { ...partsOf(request), path: {}, query: { page: 1, size: 1, ...query }, body: undefined };
}

/** A request is no plain object: what it computes is taken along only here. */
export function partsOf(request: AnyRequest): AnyRequest {
  const { path, query, body, identity, context } = request;
  return {
    path,
    query,
    body,
    identity,
    context,
    rawBody: () => request.rawBody(),
    transaction: (work) => request.transaction(work),
  };
}
