import type { Json } from '../../servers/json.ts';
import type { Session } from '../session.ts';
import { unknownId, type WriteScript } from './script.ts';

export const stacksScript: WriteScript = {
  name: 'stacks',
  run: async (session, { stacks, who }) => {
    const carol = who.userSession;
    const component = { name: 'files', type: 'artifact_store', flavor: 'local', configuration: {} };
    await session.post('/components', component);
    await carol.post('/components', component);
    await session.post('/components', { ...component, name: 'odd', flavor: 'no-such-flavor' });
    await session.post('/components', { ...component, name: 'odd', type: 'no-such-type' });
    await session.post('/components', { ...component, name: 'odd', configuration: { path: 5, other: 1 } });
    const cluster = { name: 'odd', type: 'orchestrator', flavor: 'kubernetes' };
    for (const timeout of ['long', [], { a: 1 }, 1.5, true, null, '7']) {
      const configuration = { kubernetes_context: 'prod', timeout };
      const made = await session.post('/components', { ...cluster, configuration });
      if (made.status === 200) await session.delete(`/components/${made.id}`);
    }
    await session.post('/components', { ...component, name: 'odd', connector: unknownId });
    await session.post('/components', { ...component, name: 'odd', secrets: ['no-such-secret'] });
    await session.get('/components?scope_type=');
    const temporary = await session.post('/components', { ...component, name: 'temporary', labels: { a: 'b' } });
    await session.put(`/components/${temporary.id}`, { name: 'files' });
    await session.put(`/components/${temporary.id}`, { labels: { c: 'd' }, configuration: { path: '/tmp/x' } });
    await session.put(`/components/${temporary.id}`, { labels: { c: null }, environment: { A: '1' } });
    await session.put(`/components/${temporary.id}`, { add_secrets: ['warehouse'], name: 'renamed' });
    await session.put(`/components/${temporary.id}`, { remove_secrets: ['warehouse'] });
    const parts = { orchestrator: [stacks.orchestrator], artifact_store: [temporary.id] };
    const stack = await session.post('/stacks', { name: 'temporary', components: parts, description: 'd' });
    await session.post('/stacks', { name: 'temporary', components: parts });
    await session.post('/stacks', { name: 'half', components: { orchestrator: [stacks.orchestrator] } });
    await session.post('/stacks', { name: 'none', components: {} });
    await session.post('/stacks', { name: 'twice', components: { ...parts, step_operator: [stacks.orchestrator] } });
    await session.post('/stacks', {
      name: 'bad',
      components: { orchestrator: [unknownId], artifact_store: [unknownId] },
    });
    await session.post('/stacks', {
      name: 'swapped',
      components: { orchestrator: [temporary.id], artifact_store: [stacks.orchestrator] },
    });
    await describedStacks(session, parts);
    await session.put(`/stacks/${stack.id}`, { name: 'cloud' });
    await session.put(`/stacks/${stack.id}`, { description: 'changed', labels: { x: 'y' }, environment: { B: '2' } });
    await session.put(`/stacks/${stack.id}`, {
      components: { orchestrator: [], artifact_store: [stacks.artifactStore] },
    });
    await session.put(`/stacks/${stack.id}`, {
      components: { orchestrator: [stacks.orchestrator], artifact_store: [stacks.artifactStore] },
    });
    await session.get(`/stacks/${stack.id}?hydrate=true`);
    await session.delete(`/components/${stacks.artifactStore}`);
    await session.delete(`/stacks/${stack.id}`);
    await session.delete(`/stacks/${stack.id}`);
    await session.delete(`/components/${temporary.id}`);
    await session.put(`/stacks/${stacks.defaultStack}`, { name: 'other' });
    await session.delete(`/stacks/${stacks.defaultStack}`);
    await session.get('/components?hydrate=true&size=50');
  },
};

/** Stacks whose connectors and components are described. */
async function describedStacks(session: Session, parts: Record<string, string[]>): Promise<void> {
  const docker = { type: 'docker', auth_method: 'password' };
  const connector = { ...docker, configuration: { username: 'u', password: 'p', registry: 'registry.example' } };
  const registry = { flavor: 'default', configuration: { uri: 'registry.example' }, service_connector_index: 0 };
  const make = (name: string, more: Record<string, Json>, components: Record<string, Json> = {}) =>
    session.post('/stacks', {
      name,
      service_connectors: [connector],
      components: { ...parts, ...components },
      ...more,
    });
  const made = await make('described', { labels: { a: 'b' } }, { container_registry: [registry] });
  await session.get(`/stacks/${made.id}?hydrate=true`);
  const connectors = await session.get('/service_connectors?name=described&hydrate=true&expand_secrets=false');
  await make('bad', {}, { container_registry: [{ ...registry, configuration: {} }] });
  await make('bad', {}, { container_registry: [{ ...registry, flavor: 'no-such-flavor' }] });
  await make('bad', {}, { container_registry: [{ ...registry, service_connector_index: 1 }] });
  await make('bad', {}, { artifact_store: [{ ...registry, flavor: 'local', configuration: {} }] });
  await make('bad', {}, { orchestrator: [{ ...registry, flavor: 'kubernetes', configuration: {} }] });
  await make('bad', { service_connectors: [{ ...docker, configuration: {} }] });
  await make('bad', { service_connectors: [unknownId] });
  // The reference lists connectors in any order: one is left for those that read them.
  const components = await session.get('/components?name=described&type=container_registry&hydrate=true');
  await session.delete(`/stacks/${made.id}`);
  await session.delete(`/components/${components.ref('items.0.id')}`);
  await session.delete(`/service_connectors/${connectors.ref('items.0.id')}`);
}

export const flavors: WriteScript = {
  name: 'flavors',
  run: async (session) => {
    const request = {
      name: 'mine',
      type: 'orchestrator',
      config_schema: { type: 'object' },
      source: 'a.b.C',
      integration: 'custom',
      is_custom: true,
    };
    const flavor = await session.post('/flavors', request);
    await session.post('/flavors', request);
    await session.post('/flavors', { ...request, name: 'local', type: 'artifact_store' });
    await session.post('/flavors', { ...request, name: 'half-connector', connector_resource_type: 'x' });
    await session.put(`/flavors/${flavor.id}`, { display_name: 'Mine', docs_url: 'https://example.com' });
    await session.put(`/flavors/${flavor.id}`, { name: 'mine2' });
    const used = await session.post('/components', {
      name: 'uses-mine',
      type: 'orchestrator',
      flavor: 'mine2',
      configuration: {},
    });
    await session.delete(`/flavors/${flavor.id}`);
    await session.delete(`/components/${used.id}`);
    await session.delete(`/flavors/${flavor.id}`);
    const builtIn = await session.get('/flavors?name=local&type=artifact_store');
    await session.put(`/flavors/${builtIn.ref('items.0.id')}`, { display_name: 'x' });
    await session.delete(`/flavors/${builtIn.ref('items.0.id')}`);
    await session.send('PATCH', '/flavors/sync');
  },
};

export const secrets: WriteScript = {
  name: 'secrets',
  run: async (session, { who }) => {
    const carol = who.userSession;
    await session.post('/secrets', { name: 'warehouse', values: { a: 'b' } });
    await session.post('/secrets', { name: 'carols-public', values: {} });
    await carol.post('/secrets', { name: 'warehouse', private: true, values: { a: 'c' } });
    await carol.post('/secrets', { name: 'warehouse', private: false, values: {} });
    await session.post('/secrets', { name: '', values: {} });
    const secret = await session.post('/secrets', { name: 'temporary', values: { a: '1', b: '2', empty: null } });
    await session.get(`/secrets/${secret.id}`);
    await session.put(`/secrets/${secret.id}`, { values: { a: 'x', b: null, c: '3' } });
    await session.put(`/secrets/${secret.id}?patch_values=true`, { values: { a: 'x', b: null, c: '3' } });
    await session.put(`/secrets/${secret.id}`, { name: 'warehouse' });
    await session.put(`/secrets/${secret.id}`, { private: true });
    await carol.get(`/secrets/${secret.id}`);
    await carol.put(`/secrets/${secret.id}`, { name: 'stolen' });
    await carol.post('/secrets', { name: 'carols-own', private: true, values: {} });
    const component = { name: 'with-secrets', type: 'artifact_store', flavor: 'local', configuration: {} };
    for (const name of ['carols-own', 'no-such-secret', unknownId])
      await session.post('/components', { ...component, secrets: [name] });
    await carol.delete(`/secrets/${secret.id}`);
    await carol.get('/secrets?hydrate=true');
    await session.get('/secrets?hydrate=true');
    await session.delete(`/secrets/${secret.id}`);
    await session.get(`/secrets/${secret.id}`);
    await session.put('/secrets_operations/backup');
    await session.put('/secrets_operations/restore');
  },
};

export const tags: WriteScript = {
  name: 'tags',
  run: async (session, { pipelines, runs }) => {
    await session.post('/tags', { name: 'shared' });
    await session.post('/tags', { name: unknownId });
    await session.post('/tags', { name: 'rainbow', color: 'pink' });
    const tag = await session.post('/tags', { name: 'one', color: 'red', exclusive: true });
    const link = (id: string, type: string) => ({ tag_id: tag.id, resource_id: id, resource_type: type });
    await session.post('/tag_resources', link(pipelines.train, 'pipeline'));
    await session.post('/tag_resources', link(pipelines.train, 'pipeline'));
    await session.post('/tag_resources', link(runs.completed, 'pipeline_run'));
    await session.post('/tag_resources', link(runs.failed, 'pipeline_run'));
    await session.get(`/runs/${runs.completed}`);
    await session.post('/tag_resources', link(unknownId, 'pipeline_run'));
    await session.post('/tag_resources', { ...link(runs.failed, 'pipeline_run'), tag_id: unknownId });
    await session.put(`/tags/${tag.id}`, { name: 'shared' });
    await session.put(`/tags/${tag.id}`, { color: 'lime', name: 'two' });
    await session.put(`/tags/${tag.id}`, { exclusive: false });
    await session.post('/tag_resources/batch', [
      link(runs.completed, 'pipeline_run'),
      link(pipelines.serve, 'pipeline'),
    ]);
    await session.put(`/tags/${tag.id}`, { exclusive: true });
    await session.get(`/tags/${tag.id}?hydrate=true`);
    await session.delete('/tag_resources', link(pipelines.serve, 'pipeline'));
    await session.delete('/tag_resources', link(pipelines.serve, 'pipeline'));
    await session.delete('/tag_resources/batch', [link(pipelines.train, 'pipeline')]);
    await session.delete(`/tags/${tag.id}`);
    await session.delete(`/tags/${tag.id}`);
    // Names that the database takes for the same.
    const names = ['SHARED', 'Shared ', 'passing', 'Passing', 'PASSING '];
    await session.put(`/pipelines/${pipelines.serve}`, { add_tags: names });
    await session.put(`/pipelines/${pipelines.serve}`, { remove_tags: ['Shared', 'PASSING'] });
    await session.put(`/runs/${runs.failed}`, { add_tags: ['SHARED'] });
    await session.get('/tags?size=50');
  },
};
