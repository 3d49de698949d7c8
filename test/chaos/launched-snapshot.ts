import type { Api } from '../servers/api.ts';
import { at, type JsonObject } from '../servers/json.ts';

const KUBERNETES: { flavor: string; configuration: JsonObject } = {
  flavor: 'kubernetes',
  configuration: { incluster: true },
};

/** Creates a snapshot of one step that a workload manager can run with this image. @returns its id */
export async function createSnapshot(api: Api, image: string, orchestratedBy = KUBERNETES): Promise<string> {
  const idOf = async (path: string, body: JsonObject) => String(at(await api.post(path, body), 'id'));
  const project = String(at(await api.get('/projects/default'), 'id'));
  const orchestrator = await idOf('/components', {
    name: orchestratedBy.flavor,
    type: 'orchestrator',
    ...orchestratedBy,
  });
  const store = await idOf('/components', {
    name: 's3',
    type: 'artifact_store',
    flavor: 's3',
    configuration: { path: 's3://bucket' },
  });
  const stack = await idOf('/stacks', {
    name: 'remote',
    components: { orchestrator: [orchestrator], artifact_store: [store] },
  });
  const pipeline = await idOf('/pipelines', { project, name: 'train' });
  const build = await idOf('/pipeline_builds', {
    project,
    pipeline,
    stack,
    is_local: false,
    contains_code: true,
    zenml_version: '0.98.0',
    images: { orchestrator: { image } },
  });
  const config = { name: 'fit' };
  return idOf('/pipeline_snapshots', {
    project,
    pipeline,
    stack,
    build,
    run_name_template: 'train-{date}-{time}',
    pipeline_configuration: { name: 'train' },
    step_configurations: {
      fit: {
        spec: { source: { module: 'm', attribute: 'fit', type: 'user' }, upstream_steps: [], invocation_id: 'fit' },
        config,
        step_config_overrides: config,
      },
    },
  });
}
