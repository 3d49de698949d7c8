import { unknownId, type WriteScript } from './script.ts';

/** Service connectors; none is reached: what verifies them is a registry that is not there. */
export const connectorsScript: WriteScript = {
  name: 'service connectors',
  run: async (session) => {
    const request = {
      name: 'w-registry',
      connector_type: 'docker',
      auth_method: 'password',
      resource_types: ['docker-registry'],
      resource_id: 'registry.example.com',
      configuration: { username: 'me', password: 'secret', registry: 'registry.example.com' },
      labels: { team: 'a', empty: '' },
    };
    const post = (more: object) => session.post('/service_connectors?verify=false', { ...request, ...more });
    await post({ auth_method: 'x' });
    await post({ resource_types: ['x'] });
    await post({ configuration: {} });
    const nameless = await post({ name: '' });
    await session.delete(`/service_connectors/${nameless.id}`);
    await post({ expires_at: 'x' });
    const connector = await post({});
    await post({});
    const path = `/service_connectors/${connector.id}`;
    await session.put(`${path}?verify=false`, { name: 'registry' });
    await session.put(`${path}?verify=false`, { name: 'w-registry-2', labels: { team: 'b' }, description: 'd' });
    await session.put(`${path}?verify=false`, { configuration: { username: 'you', password: 'other' } });
    await session.put(`${path}?verify=false`, { expiration_seconds: 60, expires_skew_tolerance: 5 });
    await session.put(`${path}?verify=false`, { auth_method: 'x' });
    await session.put(`${path}?verify=false`, { resource_types: ['x'] });
    await session.put(`/service_connectors/${unknownId}?verify=false`, { name: 'x' });
    await session.get(`${path}?hydrate=true&expand_secrets=true`);
    await session.put(`/service_connectors/${unknownId}/verify`, {});
    await session.delete(path);
    await session.delete(path);
  },
};
