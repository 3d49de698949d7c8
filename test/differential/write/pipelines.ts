import {
  instant,
  pipelineConfiguration,
  snapshotRequest,
  stepConfigurations,
  stepSpec,
  threeSteps,
} from '../seed/shapes.ts';
import { unknownId, type WriteScript } from './script.ts';

export const pipelinesScript: WriteScript = {
  name: 'pipelines',
  run: async (session, { who, pipelines }) => {
    const { project } = who;
    await session.post('/pipelines', { project, name: 'train' });
    await session.post('/pipelines', { project: unknownId, name: 'x' });
    await session.post('/pipelines', { project, name: '' });
    await session.post('/pipelines', { project, name: 'x'.repeat(300) });
    await session.post('/workspaces/default/pipelines', { project, name: 'by-alias', tags: ['shared', 'shared'] });
    const made = await session.post('/pipelines', { project, name: 'temporary', description: 'd', tags: ['shared'] });
    await session.put(`/pipelines/${made.id}`, { add_tags: ['fresh'], remove_tags: ['shared', 'never-there'] });
    await session.put(`/pipelines/${made.id}`, { description: null });
    await session.put(`/pipelines/${made.id}`, { description: 'x'.repeat(70_000) });
    await session.get(`/pipelines/${made.id}?hydrate=true`);
    await session.delete(`/pipelines/${made.id}`);
    await session.get(`/pipelines/${made.id}`);
    await session.get(`/pipelines/${pipelines.train}?hydrate=true`);
  },
};

export const snapshots: WriteScript = {
  name: 'snapshots',
  run: async (session, { who, pipelines, stacks }) => {
    const { project } = who;
    const shape = { project, pipeline: pipelines.train, pipelineName: 'train', stack: stacks.stack };
    const make = (more: Parameters<typeof snapshotRequest>[0]['more']) =>
      session.post('/pipeline_snapshots', snapshotRequest({ ...shape, ...(more ? { more } : {}) }));
    const plain = await make({});
    await session.get(`/pipeline_snapshots/${plain.id}?hydrate=true`);
    const forms = '?include_config_schema=true&step_configuration_filter=split';
    await session.get(`/pipeline_snapshots/${pipelines.modelSnapshot}${forms}`);
    await make({ name: 'release' });
    await make({ name: 'release', replace: true });
    await make({ name: true });
    await make({ name: 'x'.repeat(300) });
    await make({ pipeline: unknownId });
    await make({ stack: unknownId });
    await make({ build: unknownId });
    await make({ schedule: unknownId });
    await make({ source_snapshot: unknownId });
    await make({ code_reference: { code_repository: unknownId, commit: 'a', subdirectory: '' } });
    await make({ template: unknownId });
    await make({ pipeline: pipelines.otherPipeline });
    await make({ step_configurations: {} });
    await make({ pipeline_configuration: { name: 5 } });
    // Sources as import paths.
    const outputs = { numbers: { materializer_source: 'own.Materializer', default_materializer_source: 'own' } };
    const byPath = threeSteps.map((step) => ({ ...step, config: { failure_hook_source: 'hooks.fail', outputs } }));
    await make({
      pipeline_configuration: pipelineConfiguration('train', { init_hook_source: 'hooks.init@v1' }),
      step_configurations: stepConfigurations(byPath),
      pipeline_spec: { source: 'train.pipeline', steps: [{ ...stepSpec({ name: 'load' }), source: 'train.load' }] },
    });
    await make({ pipeline_spec: null, client_version: null });
    const named = await make({ name: 'named', tags: ['shared'] });
    await session.put(`/pipeline_snapshots/${named.id}`, { name: 'candidate' });
    await session.put(`/pipeline_snapshots/${named.id}`, { name: 'candidate', replace: true });
    await session.put(`/pipeline_snapshots/${named.id}`, {
      description: 'x',
      add_tags: ['a'],
      remove_tags: ['shared'],
    });
    await session.put(`/pipeline_snapshots/${named.id}`, { name: false });
    await session.put(`/pipeline_snapshots/${unknownId}`, { description: 'x' });
    await session.post('/pipeline_snapshots/prune', { project, older_than: instant(1), apply: false });
    await session.get('/pipeline_snapshots?named_only=true&size=50&hydrate=true');
    await session.delete(`/pipeline_snapshots/${named.id}`);
    await session.delete(`/pipeline_deployments/${plain.id}`);
    await session.delete(`/pipeline_snapshots/${plain.id}`);
  },
};

export const buildsAndSchedules: WriteScript = {
  name: 'builds, code repositories, schedules',
  run: async (session, { who, pipelines, stacks }) => {
    const { project } = who;
    const build = { project, images: {}, is_local: false, contains_code: true };
    const made = await session.post('/pipeline_builds', { ...build, stack: stacks.stack, pipeline: pipelines.train });
    await session.post('/pipeline_builds', { ...build, stack: unknownId });
    await session.post('/pipeline_builds', { ...build, pipeline: unknownId });
    await session.get(`/pipeline_builds/${made.id}?hydrate=true`);
    await session.delete(`/pipeline_builds/${made.id}`);
    await session.delete(`/pipeline_builds/${made.id}`);

    const code = { project, name: 'code', config: {}, source: { module: 'a', attribute: 'B', type: 'user' } };
    await session.post('/code_repositories', code);
    const repository = await session.post('/code_repositories', { ...code, name: 'code2' });
    await session.post('/code_repositories', { ...code, name: 'code3', source: 'own.Repository' });
    await session.put(`/code_repositories/${repository.id}`, { source: 'own.Repository' });
    await session.put(`/code_repositories/${repository.id}`, { name: 'code' });
    await session.put(`/code_repositories/${repository.id}`, { description: 'd', config: { a: 'b' }, logo_url: 'l' });
    await session.get(`/code_repositories/${repository.id}?hydrate=true`);
    await session.delete(`/code_repositories/${repository.id}`);

    const schedule = { project, pipeline_id: pipelines.train, orchestrator_id: stacks.orchestrator, active: true };
    await session.post('/schedules', { ...schedule, name: 'nightly', cron_expression: '* * * * *' });
    await session.post('/schedules', { ...schedule, name: 'nothing' });
    await session.post('/schedules', { ...schedule, name: 'both', cron_expression: '* * * * *', interval_second: 60 });
    await session.post('/schedules', { ...schedule, name: 'bad-cron', cron_expression: 'rubbish' });
    await session.post('/schedules', { ...schedule, name: 'no-start', interval_second: 60 });
    await session.post('/schedules', { ...schedule, pipeline_id: unknownId, name: 'x', cron_expression: '* * * * *' });
    await session.post('/schedules', {
      ...schedule,
      orchestrator_id: unknownId,
      name: 'y',
      cron_expression: '* * * * *',
    });
    const hourly = await session.post('/schedules', {
      ...schedule,
      name: 'hourly',
      interval_second: 'PT1H',
      start_time: instant(4),
    });
    await session.put(`/schedules/${hourly.id}`, { name: 'nightly' });
    await session.put(`/schedules/${hourly.id}`, { cron_expression: '1 * * * *', active: false });
    await session.get(`/schedules/${hourly.id}?hydrate=true`);
    await session.delete(`/schedules/${hourly.id}`);
    await session.get(`/schedules/${hourly.id}`);
    const hard = await session.post('/schedules', { ...schedule, name: 'hard', cron_expression: '1 * * * *' });
    await session.delete(`/schedules/${hard.id}?soft=false`);
  },
};

export const templates: WriteScript = {
  name: 'templates',
  run: async (session, { who, pipelines }) => {
    const { project } = who;
    const request = { project, name: 'night-template', source_snapshot_id: pipelines.modelSnapshot };
    await session.post('/run_templates', request);
    await session.post('/run_templates', { ...request, name: 'local', source_snapshot_id: pipelines.snapshot });
    await session.post('/run_templates', { ...request, name: 'unknown', source_snapshot_id: unknownId });
    const made = await session.post('/run_templates', { ...request, name: 'temporary', tags: ['shared'] });
    await session.put(`/run_templates/${made.id}`, { description: 'd', hidden: true, add_tags: ['x'] });
    await session.put(`/run_templates/${made.id}`, { name: 'night-template' });
    await session.get(`/run_templates/${made.id}?hydrate=true`);
    await session.delete(`/run_templates/${made.id}`);
    await session.get(`/run_templates/${made.id}`);
  },
};
