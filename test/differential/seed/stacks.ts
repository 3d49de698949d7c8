import type { JsonObject } from '../../servers/json.ts';
import type { Session } from '../session.ts';
import { change, create } from './shapes.ts';

/** Placeholders of the seeded stacks and components. */
export interface Stacks {
  stack: string;
  defaultStack: string;
  artifactStore: string;
  orchestrator: string;
  /** A stack whose components all run elsewhere, as templates and runs from snapshots want it. */
  remoteStack: string;
}

/** Secrets, flavors, components and stacks, some of each another user's. */
export async function seedStacks(session: Session, user: Session): Promise<Stacks> {
  const secret = await create(session, '/secrets', { name: 'warehouse', private: false, values: { a: 'b', c: 'd' } });
  await create(session, '/secrets', { name: 'mine', private: true, values: { token: 'x' } });
  await create(user, '/secrets', { name: 'carols', private: true, values: { token: 'y' } });
  await create(user, '/secrets', { name: 'carols-public', private: false, values: {} });
  await create(session, '/flavors', {
    name: 'own_orchestrator',
    display_name: 'Own',
    type: 'orchestrator',
    config_schema: { type: 'object', properties: { size: { type: 'integer' } }, title: 'OwnConfig' },
    source: 'own.flavor.OwnFlavor',
    integration: 'own',
    is_custom: true,
    connector_type: 'kubernetes',
    connector_resource_type: 'kubernetes-cluster',
  });
  const [defaultStack, store] = await seedComponents(session, secret.id);
  const orchestrator = await create(session, '/components', {
    name: 'docker',
    type: 'orchestrator',
    flavor: 'local_docker',
    configuration: {},
    labels: { team: 'a', tier: 'gold' },
    environment: { REGION: 'eu' },
  });
  const registry = await create(user, '/components', {
    name: 'registry',
    type: 'container_registry',
    flavor: 'default',
    configuration: { uri: 'localhost:5000' },
  });
  const stack = await create(session, '/stacks', {
    name: 'cloud',
    description: 'Stack of the cloud',
    components: { orchestrator: [orchestrator.id], artifact_store: [store], container_registry: [registry.id] },
    labels: { stage: 'prod' },
    environment: { MODE: 'fast' },
    secrets: [secret.id],
    stack_spec_path: null,
  });
  await create(user, '/stacks', {
    name: 'carols',
    components: { orchestrator: [orchestrator.id], artifact_store: [store] },
  });
  await change(session, `/stacks/${stack.id}`, { description: 'Stack of our cloud' });
  const remoteStack = await seedRemoteStack(session);
  return { remoteStack, stack: stack.id, defaultStack, artifactStore: store, orchestrator: orchestrator.id };
}

async function seedComponents(session: Session, secret: string): Promise<[string, string]> {
  const stacks = await session.get('/stacks?name=default&hydrate=true');
  const store = await create(session, '/components', {
    name: 'files',
    type: 'artifact_store',
    flavor: 'local',
    configuration: { path: '/tmp/zenml-differential-artifacts' },
    secrets: [secret],
  });
  return [stacks.ref('items.0.id'), store.id];
}

async function seedRemoteStack(session: Session): Promise<string> {
  const component = async (name: string, type: string, flavor: string, configuration: JsonObject) =>
    (await create(session, '/components', { name, type, flavor, configuration })).id;
  const stack = await create(session, '/stacks', {
    name: 'remote',
    description: '',
    components: {
      orchestrator: [await component('cluster', 'orchestrator', 'kubernetes', { kubernetes_context: 'prod' })],
      artifact_store: [await component('bucket', 'artifact_store', 's3', { path: 's3://bucket/path' })],
      container_registry: [await component('hub', 'container_registry', 'default', { uri: 'registry.example.com' })],
    },
  });
  return stack.id;
}
