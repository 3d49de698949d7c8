import { unknownId, type WriteScript } from './script.ts';

/** Model servers, and the deployments of pipelines. */
export const servicesScript: WriteScript = {
  name: 'services',
  run: async (session, { who, runs }) => {
    const { project, otherProject } = who;
    const type = { type: 'model-serving', flavor: 'own', name: 'own', description: '', logo_url: '' };
    const request = { project, name: 'w-service', service_type: type, config: { name: 'w-service' } };
    await session.post('/services', { ...request, service_type: { type: 'x' } });
    await session.post('/services', { ...request, config: {} });
    await session.post('/services', { ...request, project: unknownId });
    await session.post('/services', { ...request, pipeline_run_id: unknownId });
    await session.post('/services', { ...request, model_version_id: unknownId });
    await session.post('/services', { ...request, admin_state: 'x' });
    const service = await session.post('/services', { ...request, pipeline_run_id: runs.completed });
    await session.post('/services', request);
    await session.post('/services', { ...request, project: otherProject });
    const path = `/services/${service.id}`;
    await session.put(path, { name: 'w-service-2', labels: { a: 'b', c: '' }, admin_state: 'inactive' });
    await session.put(path, { status: { state: 'error', last_error: 'x' }, endpoint: { config: { name: 'e' } } });
    await session.put(path, { prediction_url: 'http://localhost:2', health_check_url: 'http://localhost:2/health' });
    await session.put(path, { model_version_id: unknownId });
    await session.put(path, { labels: null, endpoint: null });
    await session.put(path, { admin_state: 'x' });
    await session.put(`/services/${unknownId}`, { name: 'x' });
    await session.get(`${path}?hydrate=true`);
    await session.delete(path);
    await session.delete(path);
  },
};

export const deploymentsScript: WriteScript = {
  name: 'deployments',
  run: async (session, { who, pipelines, stacks }) => {
    const { project } = who;
    const deployers = await session.get('/components?name=deployer&type=deployer');
    const deployer = deployers.ref('items.0.id');
    const request = { project, name: 'w-deployment', snapshot_id: pipelines.snapshot, deployer_id: deployer };
    await session.post('/deployments', { ...request, snapshot_id: unknownId });
    await session.post('/deployments', { ...request, deployer_id: unknownId });
    const odd = await session.post('/deployments', { ...request, name: 'w-odd', deployer_id: stacks.orchestrator });
    await session.post('/deployments', { ...request, project: unknownId });
    const nameless = await session.post('/deployments', { ...request, name: '' });
    // Lists that are sorted by what several have are in no order in the reference.
    await session.delete(`/deployments/${odd.id}`);
    await session.delete(`/deployments/${nameless.id}`);
    const deployment = await session.post('/deployments', { ...request, auth_key: 'k', tags: ['d', 'shared'] });
    await session.post('/deployments', request);
    const path = `/deployments/${deployment.id}`;
    await session.put(path, { url: 'http://localhost:3', status: 'running', deployment_metadata: { pod: 'x' } });
    await session.put(path, { status: 'x' });
    await session.put(path, { snapshot_id: pipelines.otherSnapshot });
    await session.put(path, { snapshot_id: unknownId });
    await session.put(path, { name: 'api' });
    await session.put(path, { name: 'w-deployment-2', add_tags: ['e'], remove_tags: ['d', 'none'], auth_key: 'other' });
    await session.put(`/deployments/${unknownId}`, { name: 'x' });
    await session.get(`${path}?hydrate=true`);
    await session.get('/deployments?tags=e&hydrate=true');
    await session.delete(path);
    await session.delete(path);
  },
};
