import type { ContractDocument, JsonSchema, OperationObject } from './document.ts';
import type { OperationId } from './operation-types.ts';

/** What decides which of the contract's operations exist on a server. */
export interface ServedBy {
  /** Whether a workload manager is configured. */
  readonly workloadManager: boolean;
  /** Whether a control plane decides permissions. */
  readonly rbac: boolean;
  /** Whether a control plane authenticates users. */
  readonly externalAuthentication: boolean;
  /** Whether the server has its id from a control plane, to which its settings belong then. */
  readonly externalServerId: boolean;
}

const WITH_WORKLOAD_MANAGER: readonly OperationId[] = [
  'create_snapshot_run_api_v1_pipeline_snapshots__snapshot_id__runs_post',
  'create_template_run_api_v1_run_templates__template_id__runs_post',
  'replay_run_api_v1_runs__run_id__replay_post',
];

const WITH_RBAC: readonly OperationId[] = ['update_user_resource_membership_api_v1_users_resource_membership_post'];

/** ZenML 0.98.0 leaves these out where users are the control plane's. */
const WITHOUT_EXTERNAL_AUTHENTICATION: readonly OperationId[] = [
  'activate_server_api_v1_activate_put',
  'create_user_api_v1_users_post',
  'activate_user_api_v1_users__user_name_or_id__activate_put',
  'deactivate_user_api_v1_users__user_name_or_id__deactivate_put',
  'delete_user_api_v1_users__user_name_or_id__delete',
  'email_opt_in_response_api_v1_users__user_name_or_id__email_opt_in_put',
  'update_myself_api_v1_current_user_put',
];

/** And these where the server's settings are. */
const WITHOUT_EXTERNAL_SERVER_ID: readonly OperationId[] = [
  'get_settings_api_v1_settings_get',
  'update_server_settings_api_v1_settings_put',
];

/**
 * The contract without the operations that this server's configuration rules out, which answer 404, and without the schemas
 * that only those name.
 */
export function servedDocument(document: ContractDocument, served: ServedBy): ContractDocument {
  const absent = new Set<string>([
    ...(served.workloadManager ? [] : WITH_WORKLOAD_MANAGER),
    ...(served.rbac ? [] : WITH_RBAC),
    ...(served.externalAuthentication ? WITHOUT_EXTERNAL_AUTHENTICATION : []),
    ...(served.externalServerId ? WITHOUT_EXTERNAL_SERVER_ID : []),
  ]);
  const keep = (operation: OperationObject) => !absent.has(operation.operationId);
  const paths = Object.entries(document.paths).map(([path, item]) => {
    const present = Object.entries(item).filter(([, operation]) => keep(operation));
    return [path, Object.fromEntries(present)] as const;
  });
  const present = Object.fromEntries(paths.filter(([, item]) => Object.keys(item).length > 0));
  return { ...document, paths: present, components: { ...document.components, schemas: namedBy(present, document) } };
}

/** The schemas that something names, and those that these name. */
function namedBy(value: unknown, document: ContractDocument): Readonly<Record<string, JsonSchema>> {
  const { schemas } = document.components;
  const found = new Set(namesIn(value));
  // A set grows while it is walked through.
  for (const name of found) for (const other of namesIn(schemas[name])) found.add(other);
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => found.has(name)));
}

function namesIn(value: unknown): string[] {
  const references = JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g);
  return [...references].flatMap(([, name]) => name ?? []);
}
