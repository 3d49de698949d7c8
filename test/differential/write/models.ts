import { unknownId, type WriteScript } from './script.ts';

export const modelsScript: WriteScript = {
  name: 'models',
  run: async (session, { who, runs }) => {
    const { project } = who;
    await session.post('/models', { project, name: 'forecast' });
    await session.post('/models', { project, name: '' });
    await session.post('/models', { project: unknownId, name: 'x' });
    const model = await session.post('/models', { project, name: 'w-model', tags: ['shared'] });
    await session.put(`/models/${model.id}`, { name: 'forecast' });
    await session.put(`/models/${model.id}`, {
      name: 'w-renamed',
      audience: 'all',
      add_tags: ['a'],
      remove_tags: ['shared'],
    });
    const version = (more: object) => session.post('/model_versions', { project, model: model.id, ...more });
    const first = await version({});
    const second = await version({ name: 'named', description: 'd', tags: ['v'] });
    await version({ name: 'named' });
    await version({ name: '1' });
    await version({ name: 'latest' });
    await version({ name: 'production' });
    await version({ model: unknownId });
    await version({ stage: 'staging' });
    await session.get('/model_versions?model_name_or_id=');
    await session.put(`/model_versions/${first.id}`, { stage: 'production' });
    await session.put(`/model_versions/${second.id}`, { stage: 'production' });
    await session.put(`/model_versions/${second.id}`, { stage: 'production', force: true });
    await session.put(`/model_versions/${second.id}`, { stage: 'latest' });
    await session.put(`/model_versions/${second.id}`, { stage: 'no-stage' });
    await session.put(`/model_versions/${first.id}`, { stage: 'archived' });
    await session.put(`/model_versions/${first.id}`, { name: 'named' });
    await session.put(`/model_versions/${first.id}`, { name: 'uno', description: 'x', add_tags: ['q'] });
    const link = { model_version: first.id, artifact_version: runs.numbers };
    const linked = await session.post('/model_version_artifacts', link);
    await session.post('/model_version_artifacts', link);
    await session.post('/model_version_artifacts', { ...link, artifact_version: unknownId });
    await session.post('/model_version_artifacts', { ...link, model_version: unknownId });
    const ran = await session.post('/model_version_pipeline_runs', {
      model_version: first.id,
      pipeline_run: runs.failed,
    });
    await session.post('/model_version_pipeline_runs', { model_version: first.id, pipeline_run: runs.failed });
    await session.post('/model_version_pipeline_runs', { model_version: first.id, pipeline_run: unknownId });
    await session.get(`/models/${model.id}?hydrate=true`);
    await session.get(`/model_versions/${first.id}?hydrate=true`);
    await session.get(`/models/w-renamed/model_versions?hydrate=true`);
    await session.delete(`/model_versions/${first.id}/artifacts/${linked.id}`);
    await session.delete(`/model_versions/${first.id}/artifacts/${unknownId}`);
    await session.delete(`/model_versions/${first.id}/runs/${ran.id}`);
    await session.delete(`/model_versions/${first.id}/artifacts?only_links=true`);
    await session.delete(`/model_versions/${second.id}`);
    await session.delete(`/models/${model.id}`);
    await session.get(`/model_versions/${first.id}`);
    await session.delete(`/models/${model.id}`);
  },
};

/** What a deletion takes along: the database's cascades and those of the server. */
export const deletions: WriteScript = {
  name: 'deletions',
  run: async (session, { who, pipelines, runs, stacks }) => {
    await session.delete(`/steps/${unknownId}`);
    await session.delete(`/runs/${runs.completed}`);
    await session.delete(`/pipeline_snapshots/${pipelines.modelSnapshot}`);
    await session.delete(`/pipeline_snapshots/${pipelines.dynamicSnapshot}`);
    await session.delete(`/pipelines/${pipelines.train}`);
    await session.get('/runs?size=50');
    await session.delete(`/stacks/${stacks.stack}`);
    await session.delete(`/users/erin`);
    await session.delete(`/projects/second-project`);
    await session.get('/projects?size=50');
    await session.delete(`/users/${who.user}`);
    await session.get('/users?size=50');
    await session.get('/tags?size=50');
  },
};
