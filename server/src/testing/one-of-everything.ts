import { randomUUID } from 'node:crypto';
import { newId, toDatabaseId } from '../database/ids.ts';
import { now } from '../database/instants.ts';
import type { TestServer } from './test-server.ts';

/** Ids (API form) of what lists are asked for by path. */
export interface Everything {
  readonly run_id: string;
  readonly service_account_id: string;
  readonly model_name_or_id: string;
}

type Create = (path: string, body: object) => Promise<string>;

interface Scene {
  readonly server: TestServer;
  readonly project: string;
  readonly create: Create;
}

const SOURCE = { module: 'builtins', attribute: 'int', type: 'builtin' };
const START = '2026-01-01T00:00:00';
const SNAPSHOT = {
  run_name_template: 'run',
  pipeline_configuration: { name: 'train', tags: ['a'] },
  client_environment: {},
  client_version: '0.98.0',
  server_version: '0.98.0',
};

/** Makes at least one of everything that can be listed, each with what can belong to it. */
export async function createOneOfEverything(server: TestServer): Promise<Everything> {
  const scene: Scene = {
    server,
    project: server.projectId,
    create: async (path, body) => {
      const answer = await server.call<{ id?: string; 0?: { id: string } }>('POST', path, body);
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body.id ?? answer.body[0]?.id ?? '';
    },
  };
  const { create } = scene;
  const account = await create('/service_accounts', { name: 'robot', active: true });
  await create(`/service_accounts/${account}/api_keys`, { name: 'key', description: '' });
  await insertDevice(scene);
  await create('/projects', { name: 'other', display_name: '', description: '' });
  await create('/tags', { name: 'unused', color: 'blue' });
  const stack = await createStack(scene);
  const { pipeline, snapshot } = await createPipeline(scene, stack);
  await createWait(scene, pipeline, stack.stack);
  const run = await createRun(scene, snapshot, stack);
  const model = await createModel(scene, run);
  await createRunnable(scene, { pipeline, snapshot, deployer: stack.deployer, orchestrator: stack.orchestrator });
  return { run_id: run.run, service_account_id: account, model_name_or_id: model };
}

async function insertDevice({ server }: Scene): Promise<void> {
  const created = now();
  await server.database.db
    .insertInto('auth_devices')
    .values({
      id: newId(),
      created,
      updated: created,
      client_id: newId(),
      user_code: 'code',
      device_code: 'code',
      status: 'active',
      failed_auth_attempts: 0,
      trusted_device: 0,
      user_id: toDatabaseId(server.userId),
    })
    .execute();
}

interface Stack {
  readonly stack: string;
  readonly store: string;
  readonly deployer: string;
  readonly orchestrator: string;
}

async function createStack({ create, server }: Scene): Promise<Stack> {
  const secret = await create('/secrets', { name: 'warehouse', private: false, values: { a: 'b' } });
  const connector = await create('/service_connectors?verify=false', {
    name: 'registry',
    connector_type: 'docker',
    auth_method: 'password',
    resource_types: ['docker-registry'],
    configuration: { username: 'me', password: 'secret', registry: 'registry.example.com' },
    labels: { team: 'a' },
  });
  for (const [type, name] of [
    ['orchestrator', 'kubernetes'],
    ['artifact_store', 's3'],
    ['deployer', 'docker'],
    ['container_registry', 'default'],
  ])
    await create('/flavors', {
      name,
      type,
      display_name: name,
      source: 'own.Flavor',
      integration: 'own',
      config_schema: { type: 'object', properties: {} },
      is_custom: true,
      ...(type === 'container_registry' && { connector_type: 'docker', connector_resource_type: 'docker-registry' }),
    });
  // Own flavors cannot be run by the server.
  await server.database.db.updateTable('flavor').set({ is_custom: 0 }).execute();
  const component = (type: string, flavor: string, more: object = {}) =>
    create('/components', { name: type, type, flavor, configuration: {}, labels: { a: 'b' }, ...more });
  const orchestrator = await component('orchestrator', 'kubernetes', { secrets: [secret] });
  const store = await component('artifact_store', 's3');
  const deployer = await component('deployer', 'docker');
  const registry = await component('container_registry', 'default', { connector });
  const components = { orchestrator: [orchestrator], artifact_store: [store], container_registry: [registry] };
  const stack = await create('/stacks', { name: 'stack', components, labels: { a: 'b' }, secrets: [secret] });
  return { stack, store, deployer, orchestrator };
}

async function createPipeline({ create, project }: Scene, { stack, orchestrator }: Stack) {
  const pipeline = await create('/pipelines', { project, name: 'train', tags: ['a', 'b'] });
  const image = { image: 'train:1', contains_code: false, requires_code_download: false };
  const build = await create('/pipeline_builds', {
    project,
    images: { orchestrator: image },
    is_local: false,
    contains_code: false,
    stack,
    pipeline,
  });
  const repository = await create('/code_repositories', { project, name: 'code', config: {}, source: SOURCE });
  const schedule = await create('/schedules', {
    project,
    name: 'nightly',
    active: true,
    cron_expression: '0 3 * * *',
    orchestrator_id: orchestrator,
    pipeline_id: pipeline,
  });
  const steps = [
    ['load', {}],
    ['fit', { data: { step_name: 'load', output_name: 'output' } }],
  ] as const;
  const configurations = steps.map(([name, inputs]) => {
    const upstream = Object.values(inputs).map(({ step_name }) => step_name);
    const spec = { source: SOURCE, upstream_steps: upstream, inputs, invocation_id: name };
    return [name, { spec, config: { name }, step_config_overrides: { name } }];
  });
  const snapshot = await create('/pipeline_snapshots', {
    ...SNAPSHOT,
    project,
    pipeline,
    stack,
    build,
    schedule,
    name: 'release',
    tags: ['a', 'b'],
    code_reference: { code_repository: repository, commit: 'abc', subdirectory: '' },
    step_configurations: Object.fromEntries(configurations),
  });
  await create('/run_templates', { project, name: 'template', source_snapshot_id: snapshot, tags: ['a'] });
  return { pipeline, snapshot };
}

interface Run {
  readonly run: string;
  readonly version: string;
  readonly step: string;
}

async function createRun(scene: Scene, snapshot: string, { store }: Stack): Promise<Run> {
  const { create, project, server } = scene;
  const run = await create('/runs', {
    project,
    snapshot,
    name: 'run',
    orchestrator_run_id: 'run',
    tags: ['a', 'b'],
    start_time: START,
    status: 'running',
  });
  const version = await create('/artifact_versions', {
    project,
    artifact_name: 'model',
    artifact_store_id: store,
    type: 'DataArtifact',
    uri: '/x',
    materializer: SOURCE,
    data_type: SOURCE,
    save_type: 'step_output',
    tags: ['a', 'b'],
    visualizations: [{ type: 'json', uri: '/x.json' }],
    metadata: { size: 1 },
  });
  const stepRun = { project, pipeline_run_id: run, start_time: START, end_time: START, status: 'completed' };
  const load = await create('/steps', { ...stepRun, name: 'load', outputs: { output: [version] } });
  const step = await create('/steps', {
    ...stepRun,
    name: 'fit',
    inputs: { data: [version] },
    parent_step_ids: [load],
  });
  await create('/hook_invocations', {
    project,
    hook_type: 'step_failure',
    name: 'note',
    status: 'completed',
    start_time: START,
    source: 'hooks.note',
    pipeline_run_id: run,
    step_run_id: step,
    outputs: { note: [version] },
  });
  for (const owner of [{ pipeline_run_id: run }, { step_run_id: step }]) {
    const log = { project, id: randomUUID(), uri: '/log', source: 'step', artifact_store_id: store };
    await create('/logs', { ...log, ...owner });
  }
  const resources = [
    { id: run, type: 'pipeline_run' },
    { id: step, type: 'step_run' },
  ];
  await createMetadata(server, { project, resources, values: { a: 1 }, types: { a: 'int' } });
  return { run, version, step };
}

/** Only dynamic pipelines wait. */
async function createWait({ create, project }: Scene, pipeline: string, stack: string): Promise<void> {
  const description = { ...SNAPSHOT, project, pipeline, stack, step_configurations: {}, is_dynamic: true };
  const snapshot = await create('/pipeline_snapshots', description);
  const run = await create('/runs', {
    project,
    snapshot,
    name: 'waits',
    orchestrator_run_id: 'waits',
    status: 'running',
  });
  await create('/run_wait_conditions', {
    project,
    run,
    name: 'approval',
    type: 'external_input',
    question: 'Go on?',
    data_schema: { type: 'boolean' },
    metadata: { by: 'me' },
  });
}

async function createMetadata(server: TestServer, body: object): Promise<void> {
  const { status } = await server.call('POST', '/run-metadata', body);
  if (status !== 200) throw new Error(`Metadata was refused: ${status}`);
}

async function createModel({ create, project, server }: Scene, { run, version }: Run): Promise<string> {
  const model = await create('/models', { project, name: 'forecast', tags: ['a', 'b'] });
  const modelVersion = await create('/model_versions', { project, model, name: 'one', tags: ['a', 'b'] });
  await create('/model_version_artifacts', { model_version: modelVersion, artifact_version: version });
  await create('/model_version_pipeline_runs', { model_version: modelVersion, pipeline_run: run });
  const resources = [{ id: modelVersion, type: 'model_version' }];
  await createMetadata(server, { project, resources, values: { a: 1 }, types: { a: 'int' } });
  const artifact = await server.call<{ metadata: { visualizations: { id: string }[] } }>(
    'GET',
    `/artifact_versions/${version}`,
  );
  for (const [resource_id, resource_type] of [
    [model, 'model'],
    [run, 'pipeline_run'],
  ])
    await create('/curated_visualizations', {
      project,
      artifact_visualization_id: artifact.body.metadata.visualizations[0]?.id,
      resource_id,
      resource_type,
      display_name: 'Numbers',
      display_order: 1,
    });
  await create('/services', {
    project,
    name: 'prediction',
    service_type: { type: 'model-serving', flavor: 'local' },
    service_source: 'own.Service',
    config: { type: 'own.Config', name: 'prediction' },
    model_version_id: modelVersion,
    pipeline_run_id: run,
  });
  return model;
}

interface Runnable {
  readonly pipeline: string;
  readonly snapshot: string;
  readonly deployer: string;
  readonly orchestrator: string;
}

/** What runs a snapshot, other than a client. */
async function createRunnable({ create, project }: Scene, { snapshot, deployer }: Runnable): Promise<void> {
  await create('/deployments', { project, name: 'api', snapshot_id: snapshot, deployer_id: deployer, tags: ['a'] });
  const webhook = await create('/webhooks', { project, name: 'pushes', webhook_type: 'custom', active: true });
  const trigger = { project, active: false, concurrency: 'submit' };
  await create('/triggers', {
    ...trigger,
    type: 'schedule',
    flavor: 'native schedule',
    name: 'each-night',
    cron_expression: '0 3 * * *',
    start_time: START,
  });
  await create('/triggers', {
    ...trigger,
    type: 'webhook',
    flavor: 'webhook',
    name: 'on-push',
    webhook_id: webhook,
    configuration: {},
  });
}
