import type { JsonObject } from '../../servers/json.ts';
import { artifactRequest, runRequest, startRun, startStep } from '../seed/runs.ts';
import { pipelineConfiguration, snapshotRequest, source, stepConfigurations, threeSteps } from '../seed/shapes.ts';
import type { Reply, Session } from '../session.ts';
import type { WriteScript } from './script.ts';

/** A number as it is to be sent: JavaScript would write it otherwise. */
const sent = (text: string) => `number ${text}`;

const numbers = {
  one: 1,
  float: sent('1.0'),
  thousand: sent('1e3'),
  zeros: sent('2.500'),
  small: sent('1E-7'),
  nought: sent('-0.0'),
  large: sent('9007199254740993'),
  larger: sent('-123456789012345678901234567890'),
  far: sent('1e16'),
  list: [sent('2.0'), [sent('3.0')], 4],
  object: { inner: sent('5.0'), text: '6.0' },
  // Python's `json` writes and reads these, though JSON has no such numbers.
  none: sent('NaN'),
  infinite: [sent('Infinity'), { below: sent('-Infinity') }, 'NaN'],
};

const asText = (body: JsonObject | JsonObject[]) => JSON.stringify(body).replace(/"number ([^"]*)"/g, '$1');

/** Numbers that Python and JavaScript write differently, in every place where clients may put values of their own. */
export const numbersScript: WriteScript = {
  name: 'numbers',
  run: async (session, { who, pipelines, stacks, runs }) => {
    const { project } = who;
    const post = (path: string, body: JsonObject | JsonObject[]) =>
      session.post(path, undefined, { raw: asText(body) });
    const put = (path: string, body: JsonObject) => session.put(path, undefined, { raw: asText(body) });
    const types = Object.fromEntries(Object.keys(numbers).map((key) => [key, 'float']));
    const resources = [{ id: runs.failed, type: 'pipeline_run' }];
    await post('/run-metadata', { project, resources, values: numbers, types });
    await session.get(`/runs/${runs.failed}?hydrate=true&include_full_metadata=true`);
    for (const value of ['none:NaN', 'none:gt:1', 'float:1.0', 'float:1', 'large:9007199254740993']) {
      await session.get(`/runs?run_metadata=${value}`);
    }
    const version = artifactRequest(project, stacks.artifactStore, 'n-numbers', { metadata: numbers });
    const made = await post('/artifact_versions', version);
    await session.get(`/artifact_versions/${made.id}?hydrate=true`);
    await post('/artifact_versions/batch', [{ ...version, artifact_name: 'n-batch', item_count: sent('3.0') }]);
    await post('/artifact_versions/batch', [{ ...version, artifact_name: 'n-batch', item_count: sent('NaN') }]);
    await post('/tags', { name: sent('NaN'), exclusive: sent('-Infinity') });
    await snapshots(session, post, { project, pipeline: pipelines.train, stack: stacks.stack, runs: runs.numbers });
    await settings(session, post, put);
    await post('/services', {
      project,
      name: 'n-service',
      service_type: { type: 'model-serving', flavor: 'local', name: 'local', description: '' },
      service_source: 'own.Service',
      admin_state: 'active',
      config: { type: 'own.Config', name: 'n', ...numbers },
      labels: { zone: 'a' },
      status: { state: 'active', ...numbers },
      endpoint: numbers,
    });
    const waiting = { project, snapshot: pipelines.dynamicSnapshot, artifactStore: '', day: 24, name: 'n-waiting' };
    const condition = await post('/run_wait_conditions', {
      project,
      run: await startRun(session, waiting),
      name: 'n-wait',
      type: 'external_input',
      question: 'How much?',
      data_schema: { type: 'object', properties: { float: { type: 'number', minimum: sent('1.0') } } },
      metadata: numbers,
    });
    await put(`/run_wait_conditions/${condition.id}/resolve`, { resolution: 'continue', result: numbers });
    await session.get(`/run_wait_conditions/${condition.id}?hydrate=true`);
  },
};

type Post = (path: string, body: JsonObject | JsonObject[]) => Promise<Reply>;

interface Of {
  project: string;
  pipeline: string;
  stack: string;
  runs: string;
}

async function snapshots(session: Session, post: Post, { project, pipeline, stack }: Of): Promise<void> {
  const config = { parameters: numbers, extra: numbers, settings: { own: numbers } };
  const steps = threeSteps.map((step) => ({ ...step, config: { ...step.config, ...config } }));
  const request = snapshotRequest({ project, pipeline, pipelineName: 'train', stack });
  const snapshot = await post('/pipeline_snapshots', {
    ...request,
    pipeline_configuration: pipelineConfiguration('train', config),
    step_configurations: stepConfigurations(steps),
    client_environment: numbers,
    pipeline_spec: { ...(request['pipeline_spec'] as JsonObject), parameters: numbers },
  });
  await session.get(`/pipeline_snapshots/${snapshot.id}?hydrate=true`);
  const shape = { project, snapshot: snapshot.id, name: 'n-run', day: 23, artifactStore: '' };
  const more = { status: 'running', orchestrator_run_id: 'n-run', orchestrator_environment: numbers };
  const run = await post('/runs', runRequest({ ...shape, more }));
  const id = run.ref('0.id');
  const step = await startStep(session, { project, run: id, name: 'load', day: 23 });
  await session.get(`/steps/${step}?hydrate=true`);
  await session.get(`/steps/${step}/step-configuration`);
  await session.get(`/runs/${id}?hydrate=true`);
  await session.get(`/runs/${id}/pipeline-configuration`);
  await session.get(`/runs/${id}/dag`);
}

/** As many as a user's metadata may be long. */
const few = { float: numbers.float, large: numbers.large, none: numbers.none };

async function settings(session: Session, post: Post, put: (path: string, body: JsonObject) => Promise<Reply>) {
  const flavor = await post('/flavors', {
    name: 'n_flavor',
    display_name: 'N',
    type: 'orchestrator',
    config_schema: {
      type: 'object',
      properties: { size: { type: 'number', default: sent('1.0'), maximum: sent('Infinity') } },
      title: 'N',
    },
    source: 'own.flavor.N',
    integration: 'own',
    is_custom: true,
  });
  await session.get(`/flavors/${flavor.id}?hydrate=true`);
  const labels = { count: sent('1.0') };
  const own = { type: 'orchestrator', flavor: 'n_flavor' };
  const component = await post('/components', { ...own, name: 'n-own', configuration: numbers, labels });
  await session.get(`/components/${component.id}?hydrate=true`);
  await put(`/components/${component.id}`, { configuration: { ...numbers, more: sent('8.0') } });
  const cluster = { kubernetes_context: 'prod', timeout: sent('10.0'), max_parallelism: sent('2.0') };
  await post('/components', { name: 'n-cluster', type: 'orchestrator', flavor: 'kubernetes', configuration: cluster });
  const endless = { timeout: sent('Infinity') };
  await post('/components', { name: 'n-endless', type: 'orchestrator', flavor: 'kubernetes', configuration: endless });
  const project = await post('/projects', { name: 'n-project', display_name: 'N', project_metadata: numbers });
  await put(`/projects/${project.id}`, { project_metadata: { ...numbers, more: sent('8.0') } });
  const user = await post('/users', { name: 'n-user', active: false, is_admin: false, user_metadata: few });
  await put(`/users/${user.id}`, { user_metadata: { more: sent('8.0') } });
  const repository = await post('/code_repositories', {
    project: project.id,
    name: 'n-code',
    config: numbers,
    source: source('own', 'Repository'),
  });
  await session.get(`/code_repositories/${repository.id}?hydrate=true`);
  const connector = await post('/service_connectors?verify=false', {
    name: 'n-registry',
    connector_type: 'docker',
    auth_method: 'password',
    resource_types: ['docker-registry'],
    configuration: { username: 'me', password: 'secret', registry: 'registry.example.com', expires_skew: sent('1.0') },
    labels: {},
    expiration_seconds: sent('60.0'),
  });
  await session.get(`/service_connectors/${connector.id}?hydrate=true&expand_secrets=true`);
  // The reference lists several connectors in no order.
  await session.delete(`/service_connectors/${connector.id}`);
}
