import type { Session } from '../session.ts';
import type { Identities } from './identities.ts';
import type { Pipelines } from './pipelines.ts';
import type { Runs } from './runs.ts';
import { create, instant } from './shapes.ts';
import type { Stacks } from './stacks.ts';

/** Triggers, web hooks, deployments, wait conditions and service connectors. */
export async function seedTriggers(
  session: Session,
  who: Identities,
  pipelines: Pipelines,
  runs: Runs,
  stacks: Stacks,
): Promise<void> {
  const { project } = who;
  await create(session, '/triggers', {
    type: 'schedule',
    flavor: 'native schedule',
    project,
    name: 'each-night',
    active: true,
    concurrency: 'skip',
    cron_expression: '0 3 * * *',
    start_time: instant(1),
  });
  const webhook = await create(session, '/webhooks', {
    project,
    name: 'pushes',
    webhook_type: 'custom',
    active: true,
    secret: 'hook-secret',
  });
  await create(session, '/triggers', {
    type: 'webhook',
    flavor: 'webhook',
    project,
    name: 'on-push',
    active: false,
    concurrency: 'submit',
    webhook_id: webhook.id,
    configuration: {},
  });
  await create(session, '/run_wait_conditions', {
    project,
    run: runs.running,
    name: 'approval',
    type: 'external_input',
    question: 'Go on?',
    data_schema: { type: 'boolean' },
    metadata: { by: 'carol' },
  });
  await seedConnectors(session);
  await seedDeployment(session, project, pipelines, stacks);
}

async function seedConnectors(session: Session): Promise<void> {
  await create(session, '/service_connectors?verify=false', {
    name: 'registry',
    connector_type: 'docker',
    auth_method: 'password',
    resource_types: ['docker-registry'],
    configuration: { username: 'me', password: 'secret', registry: 'registry.example.com' },
    description: 'for images',
    labels: { team: 'a' },
    resource_id: null,
    supports_instances: true,
  });
}

async function seedDeployment(session: Session, project: string, pipelines: Pipelines, stacks: Stacks): Promise<void> {
  const deployer = await create(session, '/components', {
    name: 'deployer',
    type: 'deployer',
    flavor: 'docker',
    configuration: {},
  });
  await create(session, '/deployments', {
    project,
    name: 'api',
    snapshot_id: pipelines.snapshot,
    deployer_id: deployer.id,
    auth_key: null,
    tags: ['shared'],
  });
  await session.get(`/stacks/${stacks.stack}`);
}
