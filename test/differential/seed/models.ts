import type { Session } from '../session.ts';
import type { Identities } from './identities.ts';
import type { Runs } from './runs.ts';
import { change, create } from './shapes.ts';

/** Models, versions in each stage, links to artifacts and runs, and what else points to runs and artifacts. */
export async function seedModels(session: Session, who: Identities, runs: Runs): Promise<void> {
  const { project } = who;
  const model = await create(session, '/models', {
    project,
    name: 'forecast',
    license: 'Apache-2.0',
    description: 'Looks ahead',
    audience: 'all',
    use_cases: 'planning',
    limitations: 'weather',
    trade_offs: 'speed',
    ethics: 'fine',
    tags: ['mt', 'shared'],
    save_models_to_registry: false,
  });
  await create(who.userSession, '/models', { project, name: 'idle', tags: [] });
  const first = await create(session, '/model_versions', { project, model: model.id, name: 'one', tags: ['v'] });
  const second = await create(session, '/model_versions', { project, model: model.id, description: 'second' });
  const third = await create(who.userSession, '/model_versions', { project, model: model.id, name: 'three' });
  await change(session, `/model_versions/${first.id}`, { stage: 'production', force: false });
  await change(session, `/model_versions/${second.id}`, { stage: 'staging', force: true, add_tags: ['shared'] });
  await change(session, `/model_versions/${third.id}`, { stage: 'production', force: true });
  await create(session, '/model_version_artifacts', { model_version: second.id, artifact_version: runs.numbers });
  await create(session, '/model_version_pipeline_runs', { model_version: second.id, pipeline_run: runs.completed });
  await create(session, '/run-metadata', {
    project,
    resources: [{ id: second.id, type: 'model_version' }],
    stack_component_id: null,
    values: { score: 0.7 },
    types: { score: 'float' },
    publisher_step_id: null,
  });
  const version = await session.get(`/artifact_versions/${runs.numbers}?hydrate=true`);
  await create(session, '/curated_visualizations', {
    project,
    artifact_visualization_id: version.ref('metadata.visualizations.0.id'),
    resource_id: model.id,
    resource_type: 'model',
    display_name: 'Numbers',
    display_order: 1,
    layout_size: 'half_width',
  });
  await seedArtifacts(session, project);
  await seedServices(session, project, second.id, runs.completed);
}

async function seedArtifacts(session: Session, project: string): Promise<void> {
  const artifact = await create(session, '/artifacts', {
    project,
    name: 'manual',
    has_custom_name: true,
    tags: ['raw', 'shared'],
  });
  for (const version of [null, 'named', 7]) {
    await create(session, '/artifact_versions', {
      project,
      artifact_id: artifact.id,
      version,
      type: 'DataArtifact',
      uri: `/tmp/zenml-differential-artifacts/manual/${version}`,
      materializer: { module: 'own', attribute: 'Materializer', type: 'user' },
      data_type: { module: 'own', attribute: 'Data', type: 'user' },
      save_type: 'manual',
      tags: ['manual'],
    });
  }
}

async function seedServices(session: Session, project: string, modelVersion: string, run: string): Promise<void> {
  await create(session, '/services', {
    project,
    name: 'prediction',
    service_type: { type: 'model-serving', flavor: 'local', name: 'local', description: '', logo_url: '' },
    service_source: 'own.Service',
    admin_state: 'active',
    config: { type: 'own.Config', name: 'prediction', pipeline_name: 'train' },
    labels: { zone: 'a' },
    status: { state: 'active' },
    endpoint: null,
    prediction_url: 'http://localhost:1',
    health_check_url: null,
    model_version_id: modelVersion,
    pipeline_run_id: run,
  });
}
