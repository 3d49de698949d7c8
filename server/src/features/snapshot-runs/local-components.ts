import type { Json } from '../../json.ts';

/** A component as the rule sees it. */
interface ConfiguredComponent {
  readonly type: string;
  readonly flavor: string;
  readonly configuration: Json;
}

/** Flavors that work on the machine of whoever runs them (ZenML 0.98.0: `is_local` of the flavors' configurations). */
const LOCAL = new Set([
  'artifact_store/local',
  'orchestrator/local',
  'orchestrator/local_docker',
  'deployer/docker',
  'deployer/local',
  'sandbox/docker',
  'sandbox/local',
  'model_deployer/mlflow',
]);

const CONTEXTS_OF_LOCAL_CLUSTERS = ['k3d-', 'kind-', 'minikube', 'docker-desktop', 'colima', 'rancher-desktop'];

/** Flavors of which the configuration decides. */
const DECIDED: Readonly<Record<string, (configuration: Json) => boolean>> = {
  'orchestrator/kubernetes': ({ local }) => local === true,
  'orchestrator/airflow': ({ local }) => local !== false,
  'deployer/kubernetes': ({ local, kubernetes_context }) =>
    local === true || CONTEXTS_OF_LOCAL_CLUSTERS.some((part) => text(kubernetes_context).toLowerCase().includes(part)),
  'feature_store/feast': ({ online_host }) => ['', 'localhost', '127.0.0.1'].includes(text(online_host)),
  'experiment_tracker/mlflow': ({ tracking_uri }) => !/^(?:https?:\/\/|databricks$)/.test(text(tracking_uri)),
  'data_validator/great_expectations': ({ context_root_dir }) => text(context_root_dir) !== '',
};

/** Whether a component needs the machine that it was made on, so that the server cannot run anything with it. */
export function isLocalComponent({ type, flavor, configuration }: ConfiguredComponent): boolean {
  const key = `${type}/${flavor}`;
  if (LOCAL.has(key)) return true;
  if (type === 'container_registry')
    return /^localhost:[0-9]{4,5}$/.test(text(configuration['uri']).replace(/\/+$/, ''));
  return DECIDED[key]?.(configuration) ?? false;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
