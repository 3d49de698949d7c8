import type { JsonObject } from '../../servers/json.ts';
import type { Session } from '../session.ts';
import type { Identities } from './identities.ts';
import type { Pipelines } from './pipelines.ts';
import { change, chosenId, containerMaterializer, create, hashOf, instant, source } from './shapes.ts';
import type { Stacks } from './stacks.ts';

/** Placeholders of the seeded runs. */
export interface Runs {
  completed: string;
  failed: string;
  running: string;
  /** Of the completed run: its steps and the artifact version that its first step made. */
  steps: string[];
  numbers: string;
}

interface RunShape {
  project: string;
  snapshot: string;
  name: string;
  day: number;
  artifactStore: string;
  more?: JsonObject;
}

/** Runs in many states, with steps, artifacts, logs, metadata and hook invocations, as the SDK's orchestrators write them. */
export async function seedRuns(session: Session, who: Identities, pipelines: Pipelines, stacks: Stacks): Promise<Runs> {
  const base = { project: who.project, artifactStore: stacks.artifactStore };
  const completed = await completedRun(session, {
    ...base,
    snapshot: pipelines.modelSnapshot,
    name: 'train-completed',
    day: 10,
    more: { tags: ['t1', { name: 'latest-run', exclusive: true }, { name: 'cascading', cascade: true }] },
  });
  await cachedRun(session, { ...base, snapshot: pipelines.snapshot, name: 'train-cached', day: 11 }, completed);
  const failed = await failedRun(session, { ...base, snapshot: pipelines.snapshot, name: 'train-failed', day: 12 });
  const running = await startRun(who.userSession, {
    ...base,
    snapshot: pipelines.dynamicSnapshot,
    name: 'serve-running',
    day: 13,
    more: { tags: ['t1'] },
  });
  await stoppedRun(session, { ...base, snapshot: pipelines.snapshot, name: 'train-stopped', day: 14 });
  await create(
    session,
    '/runs',
    runRequest({ ...base, snapshot: pipelines.snapshot, name: 'train-placeholder', day: 15 }),
  );
  await startRun(session, {
    ...base,
    project: who.otherProject,
    snapshot: pipelines.otherSnapshot,
    name: 'train-completed',
    day: 10,
  });
  await seedRunMetadata(session, who.project, completed, failed);
  return { completed: completed.run, failed, running, steps: completed.steps, numbers: completed.numbers };
}

export function runRequest(shape: RunShape): JsonObject {
  return {
    project: shape.project,
    name: shape.name,
    snapshot: shape.snapshot,
    orchestrator_run_id: null,
    start_time: instant(shape.day),
    end_time: null,
    status: 'initializing',
    status_reason: null,
    orchestrator_environment: {},
    trigger_info: null,
    tags: null,
    logs: null,
    exception_info: null,
    original_run_id: null,
    parent_run_id: null,
    child_key: null,
    ...shape.more,
  };
}

/** A run as the orchestrator's entry point gets or creates it. */
export async function startRun(session: Session, shape: RunShape): Promise<string> {
  const run = await create(
    session,
    '/runs',
    runRequest({
      ...shape,
      more: {
        status: 'running',
        orchestrator_run_id: `orchestrator-${shape.name}`,
        orchestrator_environment: { environment: 'native', os: 'linux', python_version: '3.11.7' },
        ...shape.more,
      },
    }),
  );
  // The answer is the run and whether it is new.
  return run.ref('0.id');
}

interface StepShape {
  project: string;
  run: string;
  name: string;
  day: number;
  more?: JsonObject;
}

export async function startStep(session: Session, shape: StepShape): Promise<string> {
  const step = await create(session, '/steps', stepRequest(shape));
  return step.id;
}

export function stepRequest(shape: StepShape): JsonObject {
  return {
    project: shape.project,
    name: shape.name,
    start_time: instant(shape.day, 5),
    end_time: null,
    status: 'running',
    cache_key: hashOf(`${shape.name} ${shape.day}`),
    cache_expires_at: null,
    code_hash: hashOf(shape.name),
    docstring: `What ${shape.name} does.`,
    source_code: `@step\ndef ${shape.name}():\n    ...\n`,
    pipeline_run_id: shape.run,
    original_step_run_id: null,
    parent_step_ids: [],
    inputs: {},
    outputs: {},
    logs: null,
    exception_info: null,
    dynamic_config: null,
    resource_requester: null,
    resource_request_runtime: null,
    ...shape.more,
  };
}

export function artifactRequest(project: string, store: string, name: string, more: JsonObject = {}): JsonObject {
  return {
    project,
    artifact_id: null,
    artifact_name: name,
    version: null,
    has_custom_name: true,
    type: 'DataArtifact',
    artifact_store_id: store,
    uri: `/tmp/zenml-differential-artifacts/${name}/1`,
    materializer: containerMaterializer,
    data_type: source('builtins', 'list', 'builtin'),
    content_hash: hashOf(name),
    tags: ['raw'],
    visualizations: [{ type: 'json', uri: `/tmp/zenml-differential-artifacts/${name}/1/data.json` }],
    save_type: 'step_output',
    metadata: { storage_size: 9, length: 3, ratio: 0.5, ok: true, kinds: ['a', 'b'], more: { deep: 1 } },
    item_count: 3,
    ...more,
  };
}

interface CompletedRun {
  run: string;
  steps: string[];
  numbers: string;
}

async function completedRun(session: Session, shape: RunShape): Promise<CompletedRun> {
  const { project, artifactStore: store, day } = shape;
  const client = await create(session, '/logs', logs(shape, 'client', { pipeline_run_id: null }));
  const run = await startRun(session, shape);
  await change(session, `/logs/${client.id}`, { pipeline_run_id: run });
  const prepared = await create(session, '/logs', logs(shape, 'prepare_step'));
  const load = await startStep(session, { project, run, name: 'load', day, more: { logs: prepared.id } });
  await create(session, '/logs', logs(shape, 'step', { step_run_id: load }));
  const numbers = await create(session, '/artifact_versions/batch', [artifactRequest(project, store, 'numbers')]);
  const numbersId = numbers.ref('0.id');
  await change(session, `/steps/${load}`, {
    outputs: { numbers: [numbersId] },
    status: 'completed',
    end_time: instant(day, 9),
  });
  const split = await startStep(session, {
    project,
    run,
    name: 'split',
    day,
    more: { inputs: { data: [numbersId] }, parent_step_ids: [load] },
  });
  const halves = await create(session, '/artifact_versions/batch', [
    artifactRequest(project, store, 'left', { type: 'ModelArtifact', item_count: null }),
    artifactRequest(project, store, 'right', { tags: [], visualizations: null, metadata: null }),
  ]);
  await create(session, '/hook_invocations', {
    project,
    id: chosenId(`hook ${shape.name}`),
    hook_type: 'step_success',
    name: 'notify',
    status: 'completed',
    start_time: instant(day, 11),
    end_time: instant(day, 12),
    source: 'train.notify',
    pipeline_run_id: run,
    step_run_id: split,
    outputs: {},
    exception_info: null,
    logs_id: null,
  });
  await change(session, `/steps/${split}`, {
    outputs: { left: [halves.ref('0.id')], right: [halves.ref('1.id')] },
    status: 'completed',
    end_time: instant(day, 19),
  });
  const total = await startStep(session, {
    project,
    run,
    name: 'total',
    day,
    more: { inputs: { left: [halves.ref('0.id')], right: [halves.ref('1.id')] }, parent_step_ids: [split] },
  });
  await change(session, `/steps/${total}`, {
    outputs: {},
    loaded_artifact_versions: { extra: numbersId },
    status: 'completed',
    end_time: instant(day, 29),
  });
  return { run, steps: [load, split, total], numbers: numbersId };
}

/** A record of where logs lie. */
export function logs(
  shape: { project: string; name: string; artifactStore: string },
  of: string,
  more: JsonObject = {},
): JsonObject {
  const id = chosenId(`logs ${shape.name} ${of}`);
  return {
    project: shape.project,
    id,
    uri: `/tmp/zenml-differential-artifacts/logs/${id}.log`,
    source: of,
    artifact_store_id: shape.artifactStore,
    log_store_id: null,
    pipeline_run_id: null,
    step_run_id: null,
    hook_invocation_id: null,
    ...more,
  };
}

async function cachedRun(session: Session, shape: RunShape, original: CompletedRun): Promise<void> {
  const { project, day } = shape;
  const run = await startRun(session, shape);
  const [load, split] = original.steps;
  const end = { status: 'cached', end_time: instant(day, 6) };
  await create(
    session,
    '/steps',
    stepRequest({
      project,
      run,
      name: 'load',
      day,
      more: { ...end, original_step_run_id: load ?? null, outputs: { numbers: [original.numbers] } },
    }),
  );
  await create(
    session,
    '/steps',
    stepRequest({ project, run, name: 'split', day, more: { ...end, original_step_run_id: split ?? null } }),
  );
  const total = { project, run, name: 'total', day, more: { status: 'skipped', end_time: instant(day, 7) } };
  await create(session, '/steps', stepRequest(total));
}

async function failedRun(session: Session, shape: RunShape): Promise<string> {
  const { project, day } = shape;
  const run = await startRun(session, shape);
  const exception = {
    traceback: 'File "train.py", line 19, in total\nValueError: boom\n',
    source: 'builtins.ValueError',
    message: 'boom',
    user_code_line: 2,
  };
  const load = await startStep(session, { project, run, name: 'load', day });
  await change(session, `/steps/${load}`, { status: 'completed', end_time: instant(day, 6) });
  const split = await startStep(session, { project, run, name: 'split', day });
  await change(session, `/steps/${split}`, { status: 'completed', end_time: instant(day, 7) });
  for (const attempt of [1, 2]) {
    const total = await startStep(session, { project, run, name: 'total', day, more: { parent_step_ids: [split] } });
    await change(session, `/steps/${total}`, {
      status: 'failed',
      end_time: instant(day, 8 + attempt),
      exception_info: exception,
    });
  }
  await change(session, `/runs/${run}`, {
    status: 'failed',
    status_reason: 'a step failed',
    exception_info: exception,
    add_tags: ['broken'],
  });
  return run;
}

async function stoppedRun(session: Session, shape: RunShape): Promise<void> {
  const { project, day } = shape;
  const run = await startRun(session, shape);
  const load = await startStep(session, { project, run, name: 'load', day });
  await change(session, `/runs/${run}`, { status: 'stopping' });
  await change(session, `/steps/${load}`, { status: 'stopped', end_time: instant(day, 6) });
  await change(session, `/runs/${run}`, { status: 'stopped', status_reason: 'stopped by hand' });
}

async function seedRunMetadata(
  session: Session,
  project: string,
  completed: CompletedRun,
  failed: string,
): Promise<void> {
  const values = { accuracy: 0.9, epochs: 10, note: 'good', final: true, layers: [1, 2], config: { lr: 0.1 } };
  const types = { accuracy: 'float', epochs: 'int', note: 'str', final: 'bool', layers: 'list', config: 'dict' };
  const [load] = completed.steps;
  const record = (type: string, id: string, publisher: string | null) =>
    create(session, '/run-metadata', {
      project,
      resources: [{ id, type }],
      stack_component_id: null,
      values,
      types,
      publisher_step_id: publisher,
    });
  await record('pipeline_run', completed.run, null);
  await record('step_run', load ?? '', load ?? '');
  await record('artifact_version', completed.numbers, load ?? '');
  await create(session, '/run-metadata', {
    project,
    resources: [
      { id: failed, type: 'pipeline_run' },
      { id: completed.run, type: 'pipeline_run' },
    ],
    stack_component_id: null,
    values: { score: 0.4, link: 'https://example.com' },
    types: { score: 'float', link: 'Uri' },
    publisher_step_id: null,
  });
}
