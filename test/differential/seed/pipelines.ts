import type { JsonObject } from '../../servers/json.ts';
import type { Session } from '../session.ts';
import { type ConfigurableSnapshots, seedConfigurableSnapshots } from './configurable-snapshots.ts';
import type { Identities } from './identities.ts';
import { change, create, instant, snapshotRequest, source } from './shapes.ts';
import type { Stacks } from './stacks.ts';

/** Placeholders of what runs are made from. */
export interface Pipelines {
  train: string;
  serve: string;
  snapshot: string;
  modelSnapshot: string;
  dynamicSnapshot: string;
  otherSnapshot: string;
  otherPipeline: string;
  configurable: ConfigurableSnapshots;
}

/** Pipelines, builds, code repositories, schedules, snapshots (named or not) and templates, in two projects. */
export async function seedPipelines(session: Session, who: Identities, stacks: Stacks): Promise<Pipelines> {
  const { project, otherProject, userSession } = who;
  const train = await create(session, '/pipelines', {
    project,
    name: 'train',
    description: 'Trains the model',
    tags: ['nightly', 'shared'],
  });
  const serve = await create(userSession, '/pipelines', { project, name: 'serve', description: null, tags: null });
  const other = await create(session, '/pipelines', { project: otherProject, name: 'train', tags: ['nightly'] });
  await change(session, `/pipelines/${serve.id}`, { description: 'Serves', add_tags: ['late'] });

  const build = await seedBuild(session, project, train.id, stacks.remoteStack);
  const repository = await create(session, '/code_repositories', {
    project,
    name: 'code',
    config: { owner: 'acme', repository: 'pipelines' },
    source: source('zenml.integrations.github.code_repositories', 'GitHubCodeRepository', 'internal'),
    description: 'Where the code is',
    logo_url: null,
  });
  const schedule = await seedSchedules(session, project, train.id, stacks.orchestrator);

  const shape = { project, pipeline: train.id, pipelineName: 'train', stack: stacks.stack };
  const snapshot = await create(session, '/pipeline_snapshots', snapshotRequest(shape));
  const modelSnapshot = await create(
    session,
    '/pipeline_snapshots',
    snapshotRequest({
      ...shape,
      stack: stacks.remoteStack,
      configuration: { model: model('churn'), tags: ['t1', { name: 'latest-run', exclusive: true }] },
      more: {
        build,
        schedule,
        code_reference: { code_repository: repository.id, commit: 'abc123', subdirectory: 'src' },
        name: 'release',
        description: 'The one that runs every night',
        tags: ['stable', 'shared'],
      },
    }),
  );
  await create(
    session,
    '/pipeline_snapshots',
    snapshotRequest({
      ...shape,
      more: { name: 'candidate', code_path: '/code/1.tar.gz', source_snapshot: snapshot.id },
    }),
  );
  const dynamic = await create(
    userSession,
    '/pipeline_snapshots',
    snapshotRequest({
      project,
      pipeline: serve.id,
      pipelineName: 'serve',
      stack: stacks.defaultStack,
      steps: [],
      more: { is_dynamic: true },
    }),
  );
  const otherSnapshot = await create(
    session,
    '/pipeline_snapshots',
    snapshotRequest({ ...shape, project: otherProject, pipeline: other.id, more: { name: 'release' } }),
  );
  await seedTemplates(session, project, modelSnapshot.id);
  const inStacks = { pipeline: train.id, defaultStack: stacks.defaultStack };
  const configurable = await seedConfigurableSnapshots(session, who, inStacks);
  return {
    train: train.id,
    serve: serve.id,
    snapshot: snapshot.id,
    modelSnapshot: modelSnapshot.id,
    dynamicSnapshot: dynamic.id,
    otherSnapshot: otherSnapshot.id,
    otherPipeline: other.id,
    configurable,
  };
}

/** A model as a pipeline's configuration names it. */
export function model(name: string, more: JsonObject = {}): JsonObject {
  return {
    name,
    license: 'MIT',
    description: null,
    audience: null,
    use_cases: null,
    limitations: null,
    trade_offs: null,
    ethics: null,
    tags: ['mt'],
    version: null,
    save_models_to_registry: true,
    model_version_id: null,
    suppress_class_validation_warnings: true,
    ...more,
  };
}

async function seedBuild(session: Session, project: string, pipeline: string, stack: string): Promise<string> {
  const image = {
    image: 'localhost:5000/train:1',
    dockerfile: 'FROM python',
    requirements: 'zenml',
    settings_checksum: 'a',
  };
  const build = await create(session, '/pipeline_builds', {
    project,
    images: { orchestrator: { ...image, contains_code: false, requires_code_download: false } },
    is_local: false,
    contains_code: false,
    zenml_version: '0.98.0',
    python_version: '3.11.7',
    duration: 12,
    checksum: 'checksum-1',
    stack_checksum: 'stack-checksum-1',
    stack,
    pipeline,
  });
  await create(session, '/pipeline_builds', { project, images: {}, is_local: true, contains_code: true });
  return build.id;
}

async function seedSchedules(session: Session, project: string, pipeline: string, orchestrator: string) {
  const base = { project, orchestrator_id: orchestrator, pipeline_id: pipeline, catchup: false };
  const nightly = await create(session, '/schedules', {
    ...base,
    name: 'nightly',
    active: true,
    cron_expression: '0 3 * * *',
    start_time: instant(1),
    end_time: instant(30),
  });
  await create(session, '/schedules', {
    ...base,
    name: 'every-hour',
    active: false,
    interval_second: 3600,
    start_time: instant(2),
  });
  await create(session, '/schedules', { ...base, name: 'once', active: true, run_once_start_time: instant(3) });
  return nightly.id;
}

async function seedTemplates(session: Session, project: string, snapshot: string): Promise<void> {
  await create(session, '/run_templates', {
    project,
    name: 'night-template',
    description: 'for the night',
    source_snapshot_id: snapshot,
    tags: ['shared', 'tpl'],
    hidden: false,
  });
  await create(session, '/run_templates', {
    project,
    name: 'hidden-template',
    source_snapshot_id: snapshot,
    hidden: true,
  });
}
