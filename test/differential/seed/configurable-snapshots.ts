import type { JsonObject } from '../../servers/json.ts';
import type { Session } from '../session.ts';
import type { Identities } from './identities.ts';
import { create, type SnapshotShape, type StepShape, snapshotRequest, source } from './shapes.ts';

const hook = source('hooks', 'notify');

/** What clients derive from the types of a step's parameters; both steps have a class `Options`, not the same one. */
const typedParameters = (title: string, options: JsonObject): JsonObject => ({
  $defs: {
    Options: { description: 'How to train', title: 'Options', type: 'object', properties: options },
    Color: { title: 'Color', type: 'string', enum: ['red', 'blue'] },
  },
  properties: {
    rate: { default: 1.0, description: 'Learning rate', title: 'Rate', type: 'number' },
    options: { $ref: '#/$defs/Options' },
    colors: { items: { $ref: '#/$defs/Color' }, title: 'Colors', type: 'array' },
  },
  required: ['options', 'colors'],
  title,
  type: 'object',
});

const parameters = { rate: 0.5, options: { depth: 2, note: null }, colors: ['red'] };
const typedSteps: (StepShape & { spec?: JsonObject | null })[] = [
  { name: 'train', parameters, spec: typedParameters('TrainParameters', { depth: { type: 'integer' } }) },
  { name: 'evaluate', parameters, spec: typedParameters('EvaluateParameters', { depth: { type: 'string' } }) },
  { name: 'older_client', parameters: { n: 3, learning_rate2x: null, _hidden: 'x' }, spec: null },
  { name: 'Settings', parameters: { n: 3 }, spec: { properties: { n: { type: 'integer' } }, type: 'object' } },
  { name: 'Model' },
  {
    name: 'overrides.all',
    config: {
      enable_cache: false,
      step_operator: 'sage',
      experiment_tracker: true,
      settings: {
        docker: { parent_image: 'own' },
        'orchestrator.kubernetes': { synchronous: false, service_account_name: null, pod_settings: { labels: null } },
        resources: { cpu_count: 2, memory: null },
      },
      environment: { A: 'b' },
      secrets: ['warehouse'],
      extra: { nothing: null },
      failure_hook_source: hook,
      success_hook_source: { module: 'hooks', attribute: null, type: 'user' },
      model: { name: 'churn', version: 'production', save_models_to_registry: false },
      retry: { max_retries: 3, delay: 0, backoff: 0 },
      substitutions: { who: 'you' },
      cache_policy: { include_step_code: false, source_dependencies: [hook], cache_func: hook, expires_after: 60 },
      heartbeat_healthy_threshold: 45,
      group: { id: 'g', name: null, type: 'map' },
    },
  },
];

const pipelineOverrides: JsonObject = {
  enable_heartbeat: true,
  execution_mode: 'fail_fast',
  settings: { docker: { parent_image: 'own' }, resources: { gpu_count: 1 } },
  secrets: ['warehouse'],
  tags: ['t1', { name: 'cascading', cascade: true }],
  init_hook_source: hook,
  init_hook_kwargs: { level: null },
  pause_hook_source: hook,
  model: { name: 'churn' },
  parameters: { alpha: 0.5, _beta: null },
  retry: { max_retries: 1, delay: 0, backoff: 0 },
  cache_policy: { include_step_code: true, include_artifact_ids: false },
};

/** Placeholders of snapshots that a server can run. */
export interface ConfigurableSnapshots {
  static: string;
  dynamic: string;
}

/** Snapshots whose form of the run configuration has something of everything, static and dynamic, and a template. */
export async function seedConfigurableSnapshots(
  session: Session,
  { project }: Identities,
  { pipeline, defaultStack }: { pipeline: string; defaultStack: string },
): Promise<ConfigurableSnapshots> {
  const stack = await seedManySidedStack(session);
  const shape = async (stackId: string, more: Partial<SnapshotShape>, build: JsonObject = {}) => {
    const image = { images: {}, is_local: false, contains_code: true, zenml_version: '0.98.0', ...build };
    const { id } = await create(session, '/pipeline_builds', { project, stack: stackId, pipeline, ...image });
    const base = { project, pipeline, pipelineName: 'train', stack: stackId };
    return snapshotRequest({ ...base, ...more, more: { ...more.more, build: id } });
  };
  const named = { name: 'typed' };
  const typed = await shape(stack, { steps: typedSteps, configuration: pipelineOverrides, more: named });
  const { id } = await create(session, '/pipeline_snapshots', withSpecs(typed));
  const dynamic = { is_dynamic: true, name: 'configurable' };
  const steps = typedSteps.slice(0, 1);
  const grown = await shape(stack, { steps, configuration: pipelineOverrides, more: dynamic });
  const { id: grownId } = await create(session, '/pipeline_snapshots', withSpecs(grown));
  await create(session, '/pipeline_snapshots', await shape(defaultStack, {}, { is_local: true }));
  await create(session, '/run_templates', { project, name: 'many-sided', source_snapshot_id: id, hidden: true });
  return { static: id, dynamic: grownId };
}

/** Two step operators, an experiment tracker and what else has settings. */
async function seedManySidedStack(session: Session): Promise<string> {
  const component = async (name: string, type: string, flavor: string, configuration: JsonObject) =>
    (await create(session, '/components', { name, type, flavor, configuration })).id;
  const role = 'arn:aws:iam::123456789012:role/train';
  const { id } = await create(session, '/stacks', {
    name: 'many-sided',
    components: {
      orchestrator: [await component('k8s', 'orchestrator', 'kubernetes', { kubernetes_context: 'prod' })],
      artifact_store: [await component('lake', 'artifact_store', 's3', { path: 's3://lake' })],
      step_operator: [await component('sage', 'step_operator', 'sagemaker', { role })],
      experiment_tracker: [
        await component('tracker', 'experiment_tracker', 'wandb', {
          entity: 'acme',
          project_name: 'churn',
          api_key: 'x',
        }),
      ],
      alerter: [await component('bell', 'alerter', 'slack', { slack_token: 'x', slack_channel_id: 'y' })],
    },
  });
  return id;
}

/** The request with the schemas that its steps' clients derived. */
function withSpecs(request: JsonObject): JsonObject {
  const steps = request['step_configurations'] as Record<string, { spec: JsonObject }>;
  const specified = typedSteps.flatMap(({ name, spec }) => {
    const step = steps[name];
    return step ? [[name, { ...step, spec: { ...step.spec, parameter_spec: spec ?? {} } }]] : [];
  });
  return { ...request, step_configurations: Object.fromEntries(specified) };
}
