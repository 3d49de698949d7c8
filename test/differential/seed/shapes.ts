import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../../servers/json.ts';
import type { Reply, Session } from '../session.ts';

/**
 * Creates something that must succeed on the first server: a script that goes on without it would test nothing.
 * @throws Error with the answer
 */
export async function create(session: Session, path: string, body: Json): Promise<Reply> {
  return succeeded(`POST ${path}`, await session.post(path, body));
}

/** Like `create`, for a change. */
export async function change(session: Session, path: string, body?: Json): Promise<Reply> {
  return succeeded(`PUT ${path}`, await session.put(path, body));
}

function succeeded(what: string, reply: Reply): Reply {
  if (reply.status < 200 || reply.status > 299)
    throw new Error(`${what} answered ${reply.status}: ${JSON.stringify(reply.body).slice(0, 600)}`);
  return reply;
}

/** An id that the client chooses, the same in every run. */
export function chosenId(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function hashOf(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** Where a class or function of user code lives, as the SDK writes it. */
export function source(module: string, attribute: string, type = 'user'): JsonObject {
  return { module, attribute, type };
}

export const containerMaterializer = source(
  'zenml.materializers.built_in_materializer',
  'BuiltInContainerMaterializer',
  'internal',
);

/** One step of a pipeline that is described to the server. */
export interface StepShape {
  name: string;
  upstream?: string[];
  /** Of each input the step and output that it takes. */
  inputs?: Record<string, [step: string, output: string]>;
  outputs?: string[];
  parameters?: JsonObject;
  /** Further keys of its configuration. */
  config?: JsonObject;
}

export function stepSpec(step: StepShape): JsonObject {
  const inputs = Object.entries(step.inputs ?? {}).map(([name, [from, output]]) => [
    name,
    { step_name: from, output_name: output, chunk_index: null, chunk_size: null },
  ]);
  return {
    source: source('train', step.name),
    upstream_steps: step.upstream ?? [],
    inputs: Object.fromEntries(inputs),
    invocation_id: step.name,
    enable_heartbeat: false,
    parameter_spec: {},
  };
}

function stepConfiguration(step: StepShape): JsonObject {
  const outputs = (step.outputs ?? []).map((name) => [
    name,
    {
      materializer_source: [containerMaterializer],
      default_materializer_source: null,
      artifact_config: { name, version: null, tags: ['raw'], run_metadata: { k: 1 }, artifact_type: null },
    },
  ]);
  return {
    enable_cache: null,
    enable_artifact_metadata: null,
    enable_artifact_visualization: null,
    enable_step_logs: null,
    step_operator: null,
    experiment_tracker: null,
    parameters: step.parameters ?? {},
    settings: {},
    environment: {},
    secrets: [],
    extra: {},
    failure_hook_source: null,
    success_hook_source: null,
    start_hook_source: null,
    end_hook_source: null,
    model: null,
    retry: null,
    substitutions: {},
    cache_policy: {
      include_step_code: true,
      include_step_parameters: true,
      include_artifact_values: true,
      include_artifact_ids: true,
      ignored_inputs: null,
      file_dependencies: null,
      source_dependencies: null,
      cache_func: null,
      expires_after: null,
    },
    runtime: null,
    heartbeat_healthy_threshold: 30,
    group: null,
    outputs: Object.fromEntries(outputs),
    name: step.name,
    step_type: null,
    template: null,
    caching_parameters: { step_source: hashOf(step.name) },
    external_input_artifacts: {},
    model_artifacts_or_metadata: {},
    client_lazy_loaders: {},
    command: null,
    ...step.config,
  };
}

export function stepConfigurations(steps: StepShape[]): JsonObject {
  return Object.fromEntries(
    steps.map((step) => [
      step.name,
      { spec: stepSpec(step), config: stepConfiguration(step), step_config_overrides: stepConfiguration(step) },
    ]),
  );
}

export function pipelineConfiguration(name: string, more: JsonObject = {}): JsonObject {
  return {
    enable_cache: true,
    enable_artifact_metadata: null,
    enable_artifact_visualization: null,
    enable_step_logs: null,
    enable_heartbeat: null,
    environment: { LEVEL: 'info' },
    secrets: [],
    enable_pipeline_logs: null,
    execution_mode: 'continue_on_failure',
    settings: {},
    tags: null,
    extra: {},
    failure_hook_source: null,
    success_hook_source: null,
    model: null,
    parameters: { alpha: 0.5 },
    retry: null,
    substitutions: { who: 'me' },
    cache_policy: null,
    name,
    steps_to_skip: [],
    skip_successful_steps: false,
    step_input_overrides: {},
    step_default_input_overrides: {},
    ...more,
  };
}

/** The three steps that most of the seeded runs have: load → split → total. */
export const threeSteps: StepShape[] = [
  { name: 'load', outputs: ['numbers'], parameters: { n: 3 } },
  { name: 'split', upstream: ['load'], inputs: { data: ['load', 'numbers'] }, outputs: ['left', 'right'] },
  {
    name: 'total',
    upstream: ['split'],
    inputs: { left: ['split', 'left'], right: ['split', 'right'] },
    outputs: ['sum'],
    config: { retry: { max_retries: 1, delay: 0, backoff: 0 }, group: { id: 'g', name: 'g', type: 'manual' } },
  },
];

export interface SnapshotShape {
  project: string;
  pipeline: string;
  pipelineName: string;
  stack: string;
  steps?: StepShape[];
  configuration?: JsonObject;
  more?: JsonObject;
}

export function snapshotRequest(shape: SnapshotShape): JsonObject {
  const steps = shape.steps ?? threeSteps;
  return {
    project: shape.project,
    run_name_template: `${shape.pipelineName}-{date}-{time}`,
    pipeline_configuration: pipelineConfiguration(shape.pipelineName, shape.configuration),
    step_configurations: stepConfigurations(steps),
    client_environment: { os: 'linux', python_version: '3.11.7', zenml_version: '0.98.0' },
    client_version: '0.98.0',
    server_version: '0.98.0',
    pipeline_version_hash: hashOf(shape.pipelineName),
    pipeline_spec: {
      version: '0.5',
      source: source('train', shape.pipelineName),
      parameters: { alpha: 0.5 },
      input_schema: { type: 'object', title: 'PipelineInput', properties: { alpha: { type: 'number' } } },
      steps: steps.map(stepSpec),
      outputs: [],
      output_schema: { properties: {}, title: 'PipelineOutput', type: 'object' },
    },
    is_dynamic: false,
    name: null,
    description: null,
    source_code: '@pipeline\ndef train():\n    ...\n',
    replace: null,
    tags: null,
    stack: shape.stack,
    pipeline: shape.pipeline,
    build: null,
    schedule: null,
    code_reference: null,
    code_path: null,
    template: null,
    source_snapshot: null,
    ...shape.more,
  };
}

/** An instant on a day of 2026, so that runs can be told apart by date. */
export function instant(day: number, seconds = 0): string {
  return new Date(Date.UTC(2026, 0, day, 8, 0, seconds)).toISOString().replace('.000Z', '.250000');
}
