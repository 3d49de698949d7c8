import { artifactRequest, logs, runRequest, startRun, startStep, stepRequest } from '../seed/runs.ts';
import { chosenId, instant } from '../seed/shapes.ts';
import { unknownId, type WriteScript } from './script.ts';

export const runsScript: WriteScript = {
  name: 'runs',
  run: async (session, { who, pipelines, stacks, runs }) => {
    const { project } = who;
    const shape = {
      project,
      snapshot: pipelines.snapshot,
      artifactStore: stacks.artifactStore,
      day: 20,
      name: 'w-run',
    };
    const post = (more: Parameters<typeof runRequest>[0]['more'], name = 'w-other') =>
      session.post('/runs', runRequest({ ...shape, name, ...(more ? { more } : {}) }));
    const run = await startRun(session, shape);
    // The same again: it is got, not created.
    await post({ status: 'running', orchestrator_run_id: 'orchestrator-w-run' }, 'w-run-again');
    await post({ status: 'running' }, 'w-run');
    await post({ snapshot: unknownId });
    await post({ project: unknownId });
    await post({ status: 'no-status' });
    await post({ name: 'x'.repeat(300) });
    await post({ original_run_id: unknownId });
    await post({ parent_run_id: unknownId });
    await post({ status: 'running', tags: [{ name: 'cascade', cascade: true }, 'shared'] }, 'w-tagged');
    await post({ status: 'running', logs: logs({ ...shape, name: 'w-logged' }, 'client') }, 'w-logged');
    const placeholder = await post({ status: 'initializing', orchestrator_run_id: null }, 'w-placeholder');
    await session.put(`/runs/${placeholder.ref('0.id')}`, { orchestrator_run_id: 'orchestrator-w-run' });
    await session.post(
      '/workspaces/default/runs',
      runRequest({ ...shape, name: 'w-alias', more: { status: 'running' } }),
    );
    for (const status of [
      'provisioning',
      'running',
      'paused',
      'resuming',
      'running',
      'stopping',
      'completed',
      'running',
    ])
      await session.put(`/runs/${run}`, { status, status_reason: `now ${status}` });
    await session.put(`/runs/${run}`, { add_tags: ['shared', 'w'], remove_tags: ['never'] });
    await session.put(`/runs/${run}`, { orchestrator_run_id: 'other' });
    await session.put(`/runs/${run}`, { add_logs: [logs({ ...shape, name: 'w-added' }, 'extra')] });
    await session.put(`/runs/${unknownId}`, { status: 'failed' });
    await session.get(`/runs/${run}?hydrate=true`);
    await session.get(`/runs/${run}/status`);
    await session.get(`/runs/${run}/pipeline-configuration`);
    await session.get(`/runs/${runs.completed}/dag`);
    await session.put(`/runs/${run}/disable_heartbeat`);
    await session.post(`/runs/${run}/refresh`);
    await session.post(`/runs/${run}/stop`);
    await session.post(`/runs/${runs.completed}/stop?graceful=true`);
    await session.post('/runs/statistics', { filter: { project }, groupings: [], metrics: [] });
    await session.delete(`/runs/${run}`);
    await session.get(`/runs/${run}`);
    await session.delete(`/runs/${run}`);
  },
};

export const steps: WriteScript = {
  name: 'steps',
  run: async (session, { who, pipelines, stacks, runs }) => {
    const { project } = who;
    const store = stacks.artifactStore;
    const run = await startRun(session, {
      project,
      snapshot: pipelines.snapshot,
      artifactStore: store,
      day: 21,
      name: 's-run',
    });
    const step = { project, run, day: 21 };
    await session.post('/steps', stepRequest({ ...step, name: 'no-such-step' }));
    await session.post('/steps', stepRequest({ ...step, name: 'load', run: unknownId }));
    const load = await startStep(session, { ...step, name: 'load' });
    await session.post('/steps', stepRequest({ ...step, name: 'load' }));
    const made = await session.post('/artifact_versions', artifactRequest(project, store, 'w-numbers'));
    await session.put(`/steps/${load}`, { outputs: { numbers: [unknownId] } });
    await session.put(`/steps/${load}/heartbeat`, {});
    await session.put(`/steps/${load}`, {
      outputs: { numbers: [made.id] },
      status: 'completed',
      end_time: instant(21, 9),
    });
    await session.put(`/steps/${load}`, { status: 'running' });
    await session.put(`/steps/${load}/heartbeat`, {});
    const split = await startStep(session, {
      ...step,
      name: 'split',
      more: { inputs: { data: [made.id] }, parent_step_ids: [load] },
    });
    await session.put(`/steps/${split}`, { status: 'stopped' });
    await session.put(`/steps/${unknownId}`, { status: 'failed' });
    await session.get(`/steps/${split}?hydrate=true`);
    await session.get(`/steps/${load}/status`);
    await session.get(`/steps/${load}/step-configuration`);
    await session.get(`/runs/${run}?hydrate=true`);
    await session.get(`/runs/${run}/dag`);
    await session.get(`/runs/${run}/steps?hydrate=true`);
    const lone = { project, snapshot: pipelines.snapshot, artifactStore: store, day: 22, name: 'i-run' };
    const inputs = { inputs: { data: [unknownId] } };
    await session.post(
      '/steps',
      stepRequest({ ...step, run: await startRun(session, lone), name: 'load', more: inputs }),
    );
    // The run that the seed left running cannot have a step that its pipeline does not know.
    await session.post('/steps', stepRequest({ ...step, run: runs.running, name: 'load' }));
    await session.post('/hook_invocations', {
      project,
      id: chosenId('hook s-run'),
      hook_type: 'run_end',
      status: 'failed',
      start_time: instant(21),
      pipeline_run_id: run,
      source: 'a.b',
      exception_info: { traceback: 't' },
    });
    await session.post('/hook_invocations', {
      project,
      hook_type: 'run_end',
      status: 'failed',
      start_time: instant(21),
      pipeline_run_id: unknownId,
    });
    await session.delete(`/hook_invocations/${chosenId('hook s-run')}`);
    await session.post('/logs', logs({ project, name: 's', artifactStore: unknownId }, 'x'));
    const ofHook = { hook_invocation_id: unknownId };
    await session.post('/logs', { ...logs({ project, name: 's', artifactStore: store }, 'hooked'), ...ofHook });
    const log = await session.post('/logs', logs({ project, name: 's', artifactStore: store }, 'x'));
    await session.post('/logs', logs({ project, name: 's', artifactStore: store }, 'x'));
    await session.put(`/logs/${log.id}`, { step_run_id: load });
    await session.put(`/logs/${log.id}`, { step_run_id: unknownId });
    await session.get(`/logs/${log.id}?hydrate=true`);
    const entries = ['', 'limit=1', 'start=oldest', 'start=newest', 'start=middle', 'limit=0', 'before=x', 'after='];
    const filters = ['search=x', 'level=warning', 'level=30', 'level=loud', 'since=2026-01-01', 'since=never'];
    const turned = 'since=2026-01-02T00:00:00&until=2026-01-01T00:00:00';
    for (const query of [...entries, ...filters, 'search=', 'level=', turned])
      await session.get(`/logs/${log.id}/entries?${query}`);
    await session.delete(`/runs/${run}`);
  },
};

export const artifacts: WriteScript = {
  name: 'artifacts',
  run: async (session, { who, stacks, runs }) => {
    const { project } = who;
    const store = stacks.artifactStore;
    await session.post('/artifacts', { project, name: 'manual' });
    await session.post('/artifacts', { project, name: '', has_custom_name: true });
    const artifact = await session.post('/artifacts', { project, name: 'w-artifact', tags: ['shared'] });
    await session.put(`/artifacts/${artifact.id}`, { name: 'manual' });
    await session.put(`/artifacts/${artifact.id}`, {
      name: 'w-renamed',
      add_tags: ['n'],
      remove_tags: ['shared'],
      has_custom_name: true,
    });
    const version = (more: Parameters<typeof artifactRequest>[3]) =>
      session.post('/artifact_versions', artifactRequest(project, store, 'w-renamed', { metadata: null, ...more }));
    const first = await version({});
    await version({ version: 1 });
    await version({ version: '1' });
    await version({ version: 'named' });
    await version({ version: 'named' });
    await version({});
    await version({ artifact_store_id: unknownId });
    await version({ artifact_id: unknownId, artifact_name: null });
    await version({ artifact_id: artifact.id });
    await version({ artifact_name: null });
    await version({ type: 'NoArtifact' });
    await version({ materializer: 'own.materializers.ListMaterializer', data_type: 'builtins.int' });
    await version({ materializer: 'module', data_type: 'a.b.c@pinned' });
    await version({ materializer: '', data_type: 'builtins.int' });
    await version({ materializer: 5, data_type: { module: 'm' } });
    await version({ metadata: { text: 'x', list: [1], path: { a: null }, big: 12345678901, f: 1.0 } });
    await session.put(`/artifact_versions/${first.id}`, { add_tags: ['v'], remove_tags: ['raw'], name: 'n' });
    await session.get(`/artifact_versions/${first.id}?hydrate=true`);
    await session.get('/artifact_versions?artifact=w-renamed&hydrate=true&size=50');
    await session.delete(`/artifact_versions/${first.id}`);
    await session.get(`/artifact_versions/${first.id}`);
    await session.delete(`/artifact_versions/${runs.numbers}`);
    await session.delete(`/artifacts/${artifact.id}`);
    await session.get('/artifact_versions?artifact=w-renamed');
    await session.delete(`/artifact_versions?project_name_or_id=second-project`);
  },
};

export const metadata: WriteScript = {
  name: 'run metadata',
  run: async (session, { who, runs }) => {
    const { project } = who;
    const record = (more: Record<string, never> | object) =>
      session.post('/run-metadata', {
        project,
        resources: [{ id: runs.failed, type: 'pipeline_run' }],
        values: { a: 1 },
        types: { a: 'int' },
        ...more,
      });
    await record({});
    await record({ values: { a: 2, text: 'x', nothing: null }, types: { a: 'int', text: 'str', nothing: 'str' } });
    await record({ resources: [] });
    await record({ resources: [{ id: unknownId, type: 'pipeline_run' }] });
    await record({ resources: [{ id: runs.failed, type: 'no-type' }] });
    await record({ values: { a: 1, b: 2 } });
    await record({ types: { a: 'no-type' } });
    await record({ publisher_step_id: unknownId });
    await record({ stack_component_id: unknownId });
    await session.get(`/runs/${runs.failed}?hydrate=true&include_full_metadata=true`);
    await session.get(`/runs?run_metadata=a:2&size=5`);
  },
};
