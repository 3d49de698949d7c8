import type { Api } from '../test/servers/api.ts';
import type { JsonObject } from '../test/servers/json.ts';
import { at } from '../test/servers/json.ts';

/** What runs are made from. */
export interface Fixture {
  readonly project: string;
  readonly stack: string;
  readonly snapshot: string;
}

const STEPS = ['load', 'train', 'evaluate'];
const UPSTREAM: Record<string, string[]> = { load: [], train: ['load'], evaluate: ['train'] };

const source = (module: string, attribute: string, type: string): JsonObject => ({ module, attribute, type });

/** Makes a pipeline with a snapshot of three steps in the default project, on the default stack. */
export async function createFixture(api: Api): Promise<Fixture> {
  const project = text(await api.get('/projects/default'), 'id');
  const stack = text(await api.get('/stacks?name=default'), 'items.0.id');
  const pipeline = text(await api.post('/pipelines', { project, name: `bench-${Date.now()}` }), 'id');
  const configuration = (name: string): JsonObject => ({
    name,
    parameters: { rate: 0.1 },
    outputs: { output: { materializer_source: [source('zenml.materializers', 'BuiltInMaterializer', 'internal')] } },
  });
  const steps = STEPS.map((name) => [
    name,
    {
      spec: { source: source('train', name, 'user'), upstream_steps: UPSTREAM[name], inputs: {}, invocation_id: name },
      config: configuration(name),
      step_config_overrides: configuration(name),
    },
  ]);
  const snapshot = await api.post('/pipeline_snapshots', {
    project,
    stack,
    pipeline,
    run_name_template: 'run-{time}',
    pipeline_configuration: { name: 'bench' },
    step_configurations: Object.fromEntries(steps),
    client_environment: { os: 'linux', python_version: '3.11.9' },
    client_version: '0.98.0',
    server_version: '0.98.0',
  });
  return { project, stack, snapshot: text(snapshot, 'id') };
}

let count = 0;

/**
 * What the SDK writes for a run of three steps, 13 requests: the run; for each step its start, its metadata, its output
 * and its end.
 * @returns the run's id.
 */
export async function writeRun(api: Api, { project, snapshot }: Fixture): Promise<string> {
  const name = `run-${process.pid}-${Date.now()}-${count++}`;
  const start_time = new Date().toISOString();
  const run = await api.post('/runs', {
    project,
    snapshot,
    name,
    status: 'running',
    start_time,
    orchestrator_run_id: name,
    tags: ['bench', count % 2 === 0 ? 'even' : 'odd'],
  });
  const runId = text(run, '0.id');
  let input: string | undefined;
  for (const step of STEPS) input = await writeStep(api, { project, runId, step, start_time, input });
  return runId;
}

interface NewStep {
  readonly project: string;
  readonly runId: string;
  readonly step: string;
  readonly start_time: string;
  readonly input: string | undefined;
}

async function writeStep(api: Api, { project, runId, step, start_time, input }: NewStep): Promise<string> {
  const created = await api.post('/steps', {
    project,
    name: step,
    pipeline_run_id: runId,
    status: 'running',
    start_time,
    inputs: input === undefined ? {} : { data: [input] },
  });
  const id = text(created, 'id');
  await api.post('/run-metadata', {
    project,
    resources: [{ id, type: 'step_run' }],
    values: { accuracy: 0.93, rows: 1000 },
    types: { accuracy: 'float', rows: 'int' },
  });
  const versions = await api.post('/artifact_versions/batch', [
    {
      project,
      artifact_name: `bench::${step}::output`,
      type: 'DataArtifact',
      uri: `/store/${runId}/${step}`,
      materializer: source('zenml.materializers', 'BuiltInMaterializer', 'internal'),
      data_type: source('builtins', 'int', 'builtin'),
      save_type: 'step_output',
      metadata: { storage_size: 2 },
    },
  ]);
  const version = text(versions, '0.id');
  const end_time = new Date().toISOString();
  await api.put(`/steps/${id}`, { status: 'completed', end_time, outputs: { output: [version] } });
  return version;
}

/** The text at a path of an answer. @throws Error where there is none */
export function text(answer: unknown, path: string): string {
  const value = at(answer as JsonObject, path);
  if (typeof value !== 'string') throw new Error(`no ${path} in ${JSON.stringify(answer).slice(0, 300)}`);
  return value;
}
