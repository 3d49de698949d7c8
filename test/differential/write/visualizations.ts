import { unknownId, type WriteScript } from './script.ts';

/** Visualizations that somebody chose to show with a resource. */
export const visualizationsScript: WriteScript = {
  name: 'curated visualizations',
  run: async (session, { who, pipelines, runs }) => {
    const { project, otherProject } = who;
    const version = await session.get(`/artifact_versions/${runs.numbers}?hydrate=true`);
    const request = {
      project,
      artifact_visualization_id: version.ref('metadata.visualizations.0.id'),
      resource_id: pipelines.train,
      resource_type: 'pipeline',
    };
    const path = '/curated_visualizations';
    await session.post(path, { ...request, artifact_visualization_id: unknownId });
    await session.post(path, { ...request, resource_id: unknownId });
    await session.post(path, { ...request, resource_type: 'x' });
    await session.post(path, { ...request, resource_type: 'model' });
    await session.post(path, { ...request, project: otherProject });
    const made = await session.post(path, { ...request, display_name: 'one', display_order: 2 });
    await session.post(path, { ...request, display_name: 'again' });
    const other = await session.post(path, { ...request, resource_id: runs.completed, resource_type: 'pipeline_run' });
    await session.post(path, { ...request, resource_id: pipelines.snapshot, resource_type: 'pipeline_snapshot' });
    await session.post(path, { ...request, resource_id: runs.failed, resource_type: 'pipeline_run' });
    await session.post(path, { ...request, resource_id: runs.running, resource_type: 'pipeline_run' });
    await session.post(path, { ...request, resource_id: project, resource_type: 'project' });
    await session.put(`${path}/${made.id}`, { display_name: 'two', display_order: 1, layout_size: 'half_width' });
    await session.put(`${path}/${made.id}`, { display_order: null });
    await session.put(`${path}/${made.id}`, { layout_size: 'x' });
    await session.put(`${path}/${unknownId}`, { display_name: 'x' });
    await session.get(`${path}/${made.id}?hydrate=true`);
    await session.get(path);
    await session.delete(`${path}/${made.id}`);
    await session.delete(`${path}/${made.id}`);
    await session.delete(`${path}/${other.id}`);
  },
};
