import { encodeJson } from '../database/encoded-json.ts';
import { fromDatabaseId, newId } from '../database/ids.ts';
import { now } from '../database/instants.ts';
import type { TestServer } from './test-server.ts';

/** What is to be otherwise than the server needs it. */
export interface Wanted {
  readonly name?: string;
  readonly flavor?: string;
  readonly isCustom?: number;
  readonly checksum?: string;
  /** Given and undefined: without a build. */
  readonly build?: undefined;
}

/** Creates the pipeline `train`, for snapshots. @returns its id in API form */
export async function createPipeline(server: TestServer): Promise<string> {
  const { body } = await server.call('POST', '/pipelines', { project: server.projectId, name: 'train' });
  return String(body['id']);
}

/** Creates a snapshot of one step, `fit`, that the server can run. @returns its id in API form */
export async function createRunnableSnapshot(
  server: TestServer,
  pipelineId: string,
  wanted: Wanted = {},
): Promise<string> {
  const project = server.projectId;
  const stack = await insertStack(server, wanted.flavor ?? 'kubernetes', wanted.isCustom ?? 0);
  const request = {
    project,
    pipeline: pipelineId,
    stack,
    is_local: false,
    contains_code: true,
    zenml_version: '0.98.0',
    stack_checksum: wanted.checksum ?? null,
    images: { orchestrator: { image: 'registry/image' } },
  };
  const build = 'build' in wanted ? null : (await server.call('POST', '/pipeline_builds', request)).body['id'];
  const step = { name: 'fit', parameters: { rate: 0.1 }, heartbeat_healthy_threshold: 45 };
  const { status, body } = await server.call('POST', '/pipeline_snapshots', {
    project,
    pipeline: pipelineId,
    stack,
    build,
    name: wanted.name,
    run_name_template: 'train-{date}-{time}',
    code_path: 's3://code.tar.gz',
    pipeline_configuration: { name: 'train' },
    step_configurations: {
      fit: {
        spec: { source: { module: 'm', attribute: 'fit', type: 'user' }, upstream_steps: [], invocation_id: 'fit' },
        config: step,
        step_config_overrides: step,
      },
    },
  });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return String(body['id']);
}

/** Each stack has a component of the name of its flavor, which all share. @returns its id in API form */
async function insertStack(server: TestServer, flavor: string, isCustom: number): Promise<string> {
  const { db } = server.database;
  const created = now();
  const base = { created, updated: created };
  const name = isCustom ? `own-${flavor}` : flavor;
  const known = await db.selectFrom('stack_component').select('id').where('name', '=', name).executeTakeFirst();
  const componentId = known?.id ?? newId();
  if (!known) {
    const config_schema = JSON.stringify({ properties: { synchronous: {} } });
    const shared = { ...base, name, type: 'orchestrator' };
    const row = { id: newId(), ...shared, source: 'zenml.x', config_schema, integration: name, is_custom: isCustom };
    await db.insertInto('flavor').values(row).execute();
    await db
      .insertInto('stack_component')
      .values({ id: componentId, ...shared, flavor: name, configuration: encodeJson({}) })
      .execute();
  }
  const stackId = newId();
  await db
    .insertInto('stack')
    .values({ id: stackId, ...base, name: `stack-${stackId}` })
    .execute();
  await db.insertInto('stack_composition').values({ stack_id: stackId, component_id: componentId }).execute();
  return fromDatabaseId(stackId);
}
