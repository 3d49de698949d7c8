import type { OperationId } from '../contract/operation-types.ts';
import { after, create, everybody, list, may, mayAll, mayWithRunOf, type Rule, read, remove, update } from './rules.ts';
import {
  mayCreateVersions,
  mayPromote,
  mayReadData,
  mayShowVisualization,
  mayWithBody,
  mayWithVisualized,
  pruneArtifactVersions,
  removeArtifactVersion,
} from './special/artifact-rules.ts';
import { mayReadRunOfLogs, mayReadStoresOfLogs, mayUpdateRunOfLogs } from './special/log-rules.ts';
import {
  createStep,
  getOrCreateRun,
  mayReadCode,
  mayReadOutputs,
  mayReadSecretsOfConfiguration,
  mayReplaceSnapshot,
  mayRunIn,
  mayUpdateMetadataResources,
  runStatistics,
  workloadToken,
} from './special/run-rules.ts';
import { listConnectors, listSecrets, readConnector, readSecret } from './special/secret-rules.ts';
import { mayTag, shareResource } from './special/sharing-rules.ts';
import {
  deployedStack,
  mayUseConnectorInfo,
  mayUsePartsOfStack,
  mayUseReferencesOfComponent,
} from './special/stack-rules.ts';
import { mayAttachSnapshot, mayReadWebhookOfTrigger, mayUseSourceOfTrigger } from './special/trigger-rules.ts';

/** Operations under `/workspaces` stand for others, whose rules are theirs. */
type OwnOperation = Exclude<OperationId, `${string}_api_v1_workspaces_${string}`>;

/** For operations that ask nobody who is calling. */
export const anyone = 'anyone';

const inProject = { inProject: true } as const;
const ofRuns = { column: 'pipeline_run_id', inProject: true } as const;

/** What each operation asks permission for (ZenML 0.98.0 zen_server/routers). One without a rule does not compile. */
export const RULES: Readonly<Record<OwnOperation, Rule | typeof anyone>> = {
  // The server, log-in and users: what is not the control plane's anyway is everybody's.
  health_health_get: anyone,
  ready_ready_get: anyone,
  version_api_v1_version_get: anyone,
  server_info_api_v1_info_get: anyone,
  token_api_v1_login_post: anyone,
  logout_api_v1_logout_get: anyone,
  device_authorization_api_v1_device_authorization_post: anyone,
  activate_server_api_v1_activate_put: anyone,
  activate_user_api_v1_users__user_name_or_id__activate_put: anyone,
  list_supported_events_api_v1_supported_events_get: anyone,
  receive_webhook_event_api_v1_webhooks__webhook_type___webhook_id__events_post: anyone,
  download_artifact_data_api_v1_artifact_versions__artifact_version_id__data_get: anyone,
  download_snapshot_code_api_v1_pipeline_snapshots__snapshot_id__code_get: anyone,
  api_token_api_v1_api_token_get: workloadToken,
  server_load_info_api_v1_load_info_get: everybody,
  get_onboarding_state_api_v1_onboarding_state_get: everybody,
  get_settings_api_v1_settings_get: everybody,
  update_server_settings_api_v1_settings_put: everybody,
  // It counts what the caller may read.
  get_server_statistics_api_v1_statistics_get: everybody,
  get_current_user_api_v1_current_user_get: everybody,
  update_myself_api_v1_current_user_put: everybody,
  list_users_api_v1_users_get: everybody,
  create_user_api_v1_users_post: everybody,
  get_user_api_v1_users__user_name_or_id__get: everybody,
  update_user_api_v1_users__user_name_or_id__put: everybody,
  delete_user_api_v1_users__user_name_or_id__delete: everybody,
  deactivate_user_api_v1_users__user_name_or_id__deactivate_put: everybody,
  email_opt_in_response_api_v1_users__user_name_or_id__email_opt_in_put: everybody,
  update_user_resource_membership_api_v1_users_resource_membership_post: shareResource,
  list_authorized_devices_api_v1_devices_get: everybody,
  get_authorization_device_api_v1_devices__device_id__get: everybody,
  update_authorized_device_api_v1_devices__device_id__put: everybody,
  verify_authorized_device_api_v1_devices__device_id__verify_put: everybody,
  delete_authorized_device_api_v1_devices__device_id__delete: everybody,
  list_resource_requests_api_v1_resource_requests_get: everybody,
  get_resource_request_api_v1_resource_requests__resource_request_id__get: everybody,
  release_resource_request_api_v1_resource_requests__resource_request_id__release_post: everybody,
  renew_resource_request_api_v1_resource_requests__resource_request_id__renew_post: everybody,

  list_service_accounts_api_v1_service_accounts_get: list('service_account'),
  create_service_account_api_v1_service_accounts_post: create('service_account'),
  get_service_account_api_v1_service_accounts__service_account_name_or_id__get: read('serviceAccount'),
  update_service_account_api_v1_service_accounts__service_account_name_or_id__put: update('serviceAccount'),
  delete_service_account_api_v1_service_accounts__service_account_name_or_id__delete: remove('serviceAccount'),
  list_api_keys_api_v1_service_accounts__service_account_id__api_keys_get: after(
    may('read', 'serviceAccount', 'service_account_id'),
  ),
  get_api_key_api_v1_service_accounts__service_account_id__api_keys__api_key_name_or_id__get: after(
    may('read', 'serviceAccount', 'service_account_id'),
  ),
  create_api_key_api_v1_service_accounts__service_account_id__api_keys_post: update(
    'serviceAccount',
    'service_account_id',
  ),
  update_api_key_api_v1_service_accounts__service_account_id__api_keys__api_key_name_or_id__put: update(
    'serviceAccount',
    'service_account_id',
  ),
  rotate_api_key_api_v1_service_accounts__service_account_id__api_keys__api_key_name_or_id__rotate_put: update(
    'serviceAccount',
    'service_account_id',
  ),
  delete_api_key_api_v1_service_accounts__service_account_id__api_keys__api_key_name_or_id__delete: update(
    'serviceAccount',
    'service_account_id',
  ),

  list_projects_api_v1_projects_get: list('project'),
  create_project_api_v1_projects_post: create('project'),
  get_project_api_v1_projects__project_name_or_id__get: read('project'),
  update_project_api_v1_projects__project_name_or_id__put: update('project'),
  delete_project_api_v1_projects__project_name_or_id__delete: remove('project'),
  // It counts what the caller may read of it.
  get_project_statistics_api_v1_projects__project_name_or_id__statistics_get: after(may('read', 'project')),

  list_stacks_api_v1_stacks_get: list('stack'),
  create_stack_api_v1_stacks_post: after(mayUsePartsOfStack, mayAll('create', 'stack')),
  get_stack_api_v1_stacks__stack_id__get: read('stack'),
  update_stack_api_v1_stacks__stack_id__put: after(mayUsePartsOfStack, may('update', 'stack')),
  delete_stack_api_v1_stacks__stack_id__delete: remove('stack'),
  get_stack_deployment_info_api_v1_stack_deployment_info_get: everybody,
  get_stack_deployment_config_api_v1_stack_deployment_config_get: after(
    mayAll('create', 'service_connector'),
    mayAll('create', 'stack_component'),
    mayAll('create', 'stack'),
  ),
  get_deployed_stack_api_v1_stack_deployment_stack_get: deployedStack,
  get_stack_component_types_api_v1_component_types_get: everybody,
  list_stack_components_api_v1_components_get: list('stack_component'),
  create_stack_component_api_v1_components_post: after(
    mayUseReferencesOfComponent,
    mayAll('create', 'stack_component'),
  ),
  get_stack_component_api_v1_components__component_id__get: read('component'),
  update_stack_component_api_v1_components__component_id__put: after(
    mayUseReferencesOfComponent,
    may('update', 'component'),
  ),
  deregister_stack_component_api_v1_components__component_id__delete: remove('component'),
  list_flavors_api_v1_flavors_get: list('flavor'),
  create_flavor_api_v1_flavors_post: create('flavor'),
  get_flavor_api_v1_flavors__flavor_id__get: read('flavor'),
  update_flavor_api_v1_flavors__flavor_id__put: update('flavor'),
  delete_flavor_api_v1_flavors__flavor_id__delete: remove('flavor'),
  sync_flavors_api_v1_flavors_sync_patch: after(mayAll('update', 'flavor')),

  list_service_connector_types_api_v1_service_connector_types_get: everybody,
  get_service_connector_type_api_v1_service_connector_types__connector_type__get: everybody,
  list_service_connectors_api_v1_service_connectors_get: listConnectors,
  list_service_connector_resources_api_v1_service_connectors_resources_get: list('service_connector'),
  create_service_connector_api_v1_service_connectors_post: create('service_connector'),
  get_service_connector_api_v1_service_connectors__connector_id__get: readConnector,
  update_service_connector_api_v1_service_connectors__connector_id__put: update('connector'),
  delete_service_connector_api_v1_service_connectors__connector_id__delete: remove('connector'),
  validate_and_verify_service_connector_config_api_v1_service_connectors_verify_post: create('service_connector'),
  validate_and_verify_service_connector_api_v1_service_connectors__connector_id__verify_put: after(
    may('read', 'connector'),
  ),
  get_service_connector_client_api_v1_service_connectors__connector_id__client_get: after(
    may('read', 'connector'),
    may('client', 'connector'),
  ),
  get_resources_based_on_service_connector_info_api_v1_service_connectors_full_stack_resources_post:
    after(mayUseConnectorInfo),

  list_secrets_api_v1_secrets_get: listSecrets,
  create_secret_api_v1_secrets_post: create('secret'),
  get_secret_api_v1_secrets__secret_id__get: readSecret,
  update_secret_api_v1_secrets__secret_id__put: update('secret'),
  delete_secret_api_v1_secrets__secret_id__delete: remove('secret'),
  backup_secrets_api_v1_secrets_operations_backup_put: after(mayAll('backup_restore', 'secret')),
  restore_secrets_api_v1_secrets_operations_restore_put: after(mayAll('backup_restore', 'secret')),

  // Everybody finds and makes tags; who tags something changes it.
  list_tags_api_v1_tags_get: everybody,
  create_tag_api_v1_tags_post: everybody,
  get_tag_api_v1_tags__tag_id__get: everybody,
  update_tag_api_v1_tags__tag_id__put: update('tag'),
  delete_tag_api_v1_tags__tag_id__delete: remove('tag'),
  create_tag_resource_api_v1_tag_resources_post: after(mayTag),
  delete_tag_resource_api_v1_tag_resources_delete: after(mayTag),
  batch_create_tag_resource_api_v1_tag_resources_batch_post: after(mayTag),
  batch_delete_tag_resource_api_v1_tag_resources_batch_delete: after(mayTag),

  list_pipelines_api_v1_pipelines_get: list('pipeline', inProject),
  create_pipeline_api_v1_pipelines_post: create('pipeline', true),
  get_pipeline_api_v1_pipelines__pipeline_id__get: read('pipeline'),
  update_pipeline_api_v1_pipelines__pipeline_id__put: update('pipeline'),
  delete_pipeline_api_v1_pipelines__pipeline_id__delete: remove('pipeline'),
  list_builds_api_v1_pipeline_builds_get: list('pipeline_build', inProject),
  create_build_api_v1_pipeline_builds_post: create('pipeline_build', true),
  get_build_api_v1_pipeline_builds__build_id__get: read('build'),
  delete_build_api_v1_pipeline_builds__build_id__delete: remove('build'),
  list_code_repositories_api_v1_code_repositories_get: list('code_repository', inProject),
  create_code_repository_api_v1_code_repositories_post: create('code_repository', true),
  get_code_repository_api_v1_code_repositories__code_repository_id__get: read('codeRepository'),
  update_code_repository_api_v1_code_repositories__code_repository_id__put: update('codeRepository'),
  delete_code_repository_api_v1_code_repositories__code_repository_id__delete: remove('codeRepository'),
  list_schedules_api_v1_schedules_get: list('schedule', inProject),
  create_schedule_api_v1_schedules_post: create('schedule', true),
  get_schedule_api_v1_schedules__schedule_id__get: read('schedule'),
  update_schedule_api_v1_schedules__schedule_id__put: update('schedule'),
  delete_schedule_api_v1_schedules__schedule_id__delete: remove('schedule'),

  list_deployments_api_v1_pipeline_deployments_get: list('pipeline_deployment', inProject),
  create_deployment_api_v1_pipeline_deployments_post: create('pipeline_deployment', true),
  get_deployment_api_v1_pipeline_deployments__deployment_id__get: read('snapshot'),
  delete_deployment_api_v1_pipeline_deployments__deployment_id__delete: remove('snapshot', 'deployment_id'),
  list_pipeline_snapshots_api_v1_pipeline_snapshots_get: list('pipeline_deployment', inProject),
  create_pipeline_snapshot_api_v1_pipeline_snapshots_post: after(
    mayReplaceSnapshot,
    mayAll('create', 'pipeline_deployment', true),
  ),
  get_pipeline_snapshot_api_v1_pipeline_snapshots__snapshot_id__get: read('snapshot'),
  update_pipeline_snapshot_api_v1_pipeline_snapshots__snapshot_id__put: after(
    mayReplaceSnapshot,
    may('update', 'snapshot'),
  ),
  delete_pipeline_snapshot_api_v1_pipeline_snapshots__snapshot_id__delete: remove('snapshot'),
  prune_pipeline_snapshots_api_v1_pipeline_snapshots_prune_post: after(mayAll('prune', 'pipeline_deployment', true)),
  get_snapshot_code_download_token_api_v1_pipeline_snapshots__snapshot_id__download_token_get: after(mayReadCode),
  create_snapshot_run_api_v1_pipeline_snapshots__snapshot_id__runs_post: after(
    mayRunIn('snapshot'),
    mayReadSecretsOfConfiguration,
  ),
  list_run_templates_api_v1_run_templates_get: list('run_template', inProject),
  create_run_template_api_v1_run_templates_post: create('run_template', true),
  get_run_template_api_v1_run_templates__template_id__get: read('runTemplate'),
  update_run_template_api_v1_run_templates__template_id__put: update('runTemplate'),
  delete_run_template_api_v1_run_templates__template_id__delete: remove('runTemplate'),
  create_template_run_api_v1_run_templates__template_id__runs_post: after(
    mayRunIn('runTemplate'),
    mayReadSecretsOfConfiguration,
  ),

  list_runs_api_v1_runs_get: list('pipeline_run', inProject),
  get_or_create_pipeline_run_api_v1_runs_post: getOrCreateRun,
  get_run_statistics_api_v1_runs_statistics_post: runStatistics,
  get_run_api_v1_runs__run_id__get: read('run'),
  update_run_api_v1_runs__run_id__put: update('run'),
  delete_run_api_v1_runs__run_id__delete: remove('run'),
  get_run_dag_api_v1_runs__run_id__dag_get: after(may('read', 'run')),
  get_run_steps_api_v1_runs__run_id__steps_get: after(may('read', 'run')),
  get_run_status_api_v1_runs__run_id__status_get: after(may('read', 'run')),
  get_pipeline_configuration_api_v1_runs__run_id__pipeline_configuration_get: after(may('read', 'run')),
  run_logs_api_v1_runs__run_id__logs_get: after(may('read', 'run')),
  refresh_run_status_api_v1_runs__run_id__refresh_post: after(may('read', 'run')),
  stop_run_api_v1_runs__run_id__stop_post: after(may('read', 'run'), may('update', 'run')),
  disable_run_heartbeat_api_v1_runs__run_id__disable_heartbeat_put: after(may('read', 'run'), may('update', 'run')),
  replay_run_api_v1_runs__run_id__replay_post: after(mayRunIn('run'), mayReadSecretsOfConfiguration),
  publish_run_events_api_v1_runs__pipeline_run_id__events_post: update('run', 'pipeline_run_id'),
  stream_run_events_api_v1_runs__pipeline_run_id__events_stream_get: after(may('read', 'run', 'pipeline_run_id')),
  create_run_metadata_api_v1_run_metadata_post: after(
    mayUpdateMetadataResources,
    mayAll('create', 'run_metadata', true),
  ),

  list_run_steps_api_v1_steps_get: list('pipeline_run', ofRuns),
  create_run_step_api_v1_steps_post: createStep,
  get_step_api_v1_steps__step_id__get: after(mayWithRunOf('read', 'step')),
  update_step_api_v1_steps__step_id__put: after(mayWithRunOf('update', 'step')),
  get_step_logs_api_v1_steps__step_id__logs_get: after(mayWithRunOf('read', 'step')),
  get_step_status_api_v1_steps__step_id__status_get: after(mayWithRunOf('read', 'step')),
  get_step_configuration_api_v1_steps__step_id__step_configuration_get: after(mayWithRunOf('read', 'step')),
  // The token of the run itself decides.
  update_heartbeat_api_v1_steps__step_run_id__heartbeat_put: everybody,
  list_hook_invocations_api_v1_hook_invocations_get: list('pipeline_run', ofRuns),
  create_hook_invocation_api_v1_hook_invocations_post: after(
    mayReadOutputs,
    mayWithBody('update', 'run', 'pipeline_run_id'),
  ),
  get_hook_invocation_api_v1_hook_invocations__hook_invocation_id__get: after(mayWithRunOf('read', 'hookInvocation')),
  delete_hook_invocation_api_v1_hook_invocations__hook_invocation_id__delete: after(
    mayWithRunOf('update', 'hookInvocation'),
  ),
  list_wait_conditions_api_v1_run_wait_conditions_get: list('pipeline_run', { column: 'run_id', inProject: true }),
  create_run_wait_condition_api_v1_run_wait_conditions_post: after(mayWithBody('update', 'run', 'run')),
  get_run_wait_condition_api_v1_run_wait_conditions__run_wait_condition_id__get: after(
    mayWithRunOf('read', 'waitCondition'),
  ),
  update_run_wait_condition_lease_api_v1_run_wait_conditions__run_wait_condition_id__put: after(
    mayWithRunOf('update', 'waitCondition'),
  ),
  resolve_run_wait_condition_api_v1_run_wait_conditions__run_wait_condition_id__resolve_put: after(
    mayWithRunOf('update', 'waitCondition'),
  ),

  create_logs_api_v1_logs_post: after(mayUpdateRunOfLogs, mayReadStoresOfLogs),
  get_logs_api_v1_logs__logs_id__get: after(mayReadRunOfLogs),
  get_logs_entries_api_v1_logs__logs_id__entries_get: after(mayReadRunOfLogs),
  update_logs_api_v1_logs__logs_id__put: after(mayUpdateRunOfLogs),

  list_artifacts_api_v1_artifacts_get: list('artifact', inProject),
  create_artifact_api_v1_artifacts_post: create('artifact', true),
  get_artifact_api_v1_artifacts__artifact_id__get: read('artifact'),
  update_artifact_api_v1_artifacts__artifact_id__put: update('artifact'),
  delete_artifact_api_v1_artifacts__artifact_id__delete: remove('artifact'),
  list_artifact_versions_api_v1_artifact_versions_get: list('artifact', { column: 'artifact_id', inProject: true }),
  create_artifact_version_api_v1_artifact_versions_post: create('artifact_version', true),
  batch_create_artifact_version_api_v1_artifact_versions_batch_post: after(mayCreateVersions),
  get_artifact_version_api_v1_artifact_versions__artifact_version_id__get: read('artifactVersion'),
  update_artifact_version_api_v1_artifact_versions__artifact_version_id__put: update('artifactVersion'),
  delete_artifact_version_api_v1_artifact_versions__artifact_version_id__delete: removeArtifactVersion,
  prune_artifact_versions_api_v1_artifact_versions_delete: pruneArtifactVersions,
  get_artifact_visualization_api_v1_artifact_versions__artifact_version_id__visualize_get: after(mayReadData),
  get_artifact_download_token_api_v1_artifact_versions__artifact_version_id__download_token_get: after(mayReadData),
  create_curated_visualization_api_v1_curated_visualizations_post: after(mayShowVisualization),
  get_curated_visualization_api_v1_curated_visualizations__visualization_id__get: after(mayWithVisualized('read')),
  update_curated_visualization_api_v1_curated_visualizations__visualization_id__put: after(mayWithVisualized('update')),
  delete_curated_visualization_api_v1_curated_visualizations__visualization_id__delete: after(
    mayWithVisualized('update'),
  ),

  list_models_api_v1_models_get: list('model', inProject),
  create_model_api_v1_models_post: create('model', true),
  get_model_api_v1_models__model_id__get: read('model'),
  update_model_api_v1_models__model_id__put: update('model'),
  delete_model_api_v1_models__model_id__delete: remove('model'),
  list_model_versions_api_v1_model_versions_get: list('model', { column: 'model_id', inProject: true }),
  list_model_versions_api_v1_models__model_name_or_id__model_versions_get: list('model', {
    column: 'model_id',
    inProject: true,
  }),
  create_model_version_api_v1_model_versions_post: create('model_version', true),
  get_model_version_api_v1_model_versions__model_version_id__get: read('modelVersion'),
  update_model_version_api_v1_model_versions__model_version_id__put: after(mayPromote, may('update', 'modelVersion')),
  delete_model_version_api_v1_model_versions__model_version_id__delete: remove('modelVersion'),
  list_model_version_artifact_links_api_v1_model_version_artifacts_get: everybody,
  create_model_version_artifact_link_api_v1_model_version_artifacts_post: after(
    mayWithBody('update', 'modelVersion', 'model_version'),
  ),
  list_model_version_pipeline_run_links_api_v1_model_version_pipeline_runs_get: everybody,
  create_model_version_pipeline_run_link_api_v1_model_version_pipeline_runs_post: after(
    mayWithBody('update', 'modelVersion', 'model_version'),
  ),
  delete_all_model_version_artifact_links_api_v1_model_versions__model_version_id__artifacts_delete:
    update('modelVersion'),
  delete_model_version_artifact_link_api_v1_model_versions__model_version_id__artifacts__model_version_artifact_link_name_or_id__delete:
    update('modelVersion'),
  delete_model_version_pipeline_run_link_api_v1_model_versions__model_version_id__runs__model_version_pipeline_run_link_name_or_id__delete:
    update('modelVersion'),

  list_deployments_api_v1_deployments_get: list('deployment', inProject),
  create_deployment_api_v1_deployments_post: create('deployment', true),
  get_deployment_api_v1_deployments__deployment_id__get: read('deployment'),
  update_deployment_api_v1_deployments__deployment_id__put: update('deployment'),
  delete_deployment_api_v1_deployments__deployment_id__delete: remove('deployment'),
  list_services_api_v1_services_get: list('service', inProject),
  create_service_api_v1_services_post: create('service', true),
  get_service_api_v1_services__service_id__get: read('service'),
  update_service_api_v1_services__service_id__put: update('service'),
  delete_service_api_v1_services__service_id__delete: remove('service'),

  list_triggers_api_v1_triggers_get: list('trigger', inProject),
  create_trigger_api_v1_triggers_post: after(mayUseSourceOfTrigger, mayAll('create', 'trigger', true)),
  get_trigger_api_v1_triggers__trigger_id__get: read('trigger'),
  update_trigger_api_v1_triggers__trigger_id__put: after(
    may('update', 'trigger'),
    mayUseSourceOfTrigger,
    mayReadWebhookOfTrigger,
  ),
  delete_trigger_api_v1_triggers__trigger_id__delete: remove('trigger'),
  clear_trigger_dispatch_error_api_v1_triggers__trigger_id__dispatch_state_delete: update('trigger'),
  attach_trigger_to_snapshot_api_v1_triggers__trigger_id__pipeline_snapshots__snapshot_id__put:
    after(mayAttachSnapshot),
  detach_trigger_from_snapshot_api_v1_triggers__trigger_id__pipeline_snapshots__snapshot_id__delete: after(
    may('update', 'trigger'),
    may('read', 'snapshot'),
  ),
  list_webhooks_api_v1_webhooks_get: list('webhook', inProject),
  create_webhook_api_v1_webhooks_post: create('webhook', true),
  get_webhook_api_v1_webhooks__webhook_id__get: read('webhook'),
  get_raw_webhook_event_api_v1_webhooks__webhook_id__events_raw_get: after(may('read', 'webhook')),
  update_webhook_api_v1_webhooks__webhook_id__put: update('webhook'),
  delete_webhook_api_v1_webhooks__webhook_id__delete: remove('webhook'),
  rotate_webhook_secret_api_v1_webhooks__webhook_id__secret_put: update('webhook'),
};
