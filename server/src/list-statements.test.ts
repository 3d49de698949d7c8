import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Statement } from './database/database.ts';
import { findWideParts } from './testing/explain.ts';
import { grow } from './testing/grow.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let server: TestServer;

const SOURCE = { module: 'builtins', attribute: 'int', type: 'builtin' };

beforeAll(async () => {
  server = await startTestServer();
  await seed();
}, 120_000);
afterAll(() => server.stop());

async function post(path: string, body: unknown): Promise<string> {
  const answer = await server.call<{ id?: string; 0?: { id: string } }>('POST', path, body);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body.id ?? answer.body[0]?.id ?? '';
}

/** A run with a step, its output, tags and metadata, copied to thousands. */
async function seed(): Promise<void> {
  const { db } = server.database;
  const project = server.projectId;
  const stack = randomUUID();
  const created = '2026-01-01 00:00:00.000000';
  await db
    .insertInto('stack')
    .values({ id: stack.replaceAll('-', ''), created, updated: created, name: 'local' })
    .execute();
  const pipeline = await post('/pipelines', { project, name: 'train', tags: ['a'] });
  const step = {
    spec: { source: SOURCE, upstream_steps: [], inputs: {}, invocation_id: 'fit' },
    config: { name: 'fit' },
  };
  const snapshot = await post('/pipeline_snapshots', {
    project,
    pipeline,
    stack,
    run_name_template: 'run',
    pipeline_configuration: { name: 'train' },
    step_configurations: { fit: { ...step, step_config_overrides: { name: 'fit' } } },
    client_environment: {},
    client_version: '0.98.0',
    server_version: '0.98.0',
  });
  const times = { start_time: '2026-01-01T00:00:00', status: 'running' };
  const run = await post('/runs', {
    project,
    snapshot,
    name: 'run',
    orchestrator_run_id: 'run',
    tags: ['a'],
    ...times,
  });
  const values = { artifact_name: 'model', type: 'DataArtifact', uri: '/x', materializer: SOURCE, data_type: SOURCE };
  const version = await post('/artifact_versions', { project, ...values, save_type: 'step_output', tags: ['a'] });
  const stepRun = { project, name: 'fit', pipeline_run_id: run, outputs: { output: [version] }, ...times };
  await post('/steps', { ...stepRun, status: 'completed' });
  const id = "replace(uuid(), '-', '')";
  const at = 'date_sub(copied.created, interval n second)';
  await grow(db, 'pipeline_run', {
    id,
    created: at,
    name: "concat('run', n)",
    orchestrator_run_id: 'n',
    index: 'n + 1',
  });
  await grow(db, 'step_run', { id, created: at, version: 'n + 1' });
  await grow(db, 'artifact_version', { id, created: at, version: 'n + 1', version_number: 'n + 1' });
  await grow(db, 'artifact', { id, created: at, name: "concat('model', n)" });
  await grow(db, 'pipeline', { id, created: at, name: "concat('train', n)" });
  await grow(db, 'pipeline_snapshot', { id, created: at, name: 'null' });
  await sql`update pipeline_run
    join (select id, row_number() over () as place from pipeline_run) as run on run.id = pipeline_run.id
    join (select id, row_number() over () as place from pipeline_snapshot) as snapshot on snapshot.place = run.place
    set pipeline_run.snapshot_id = snapshot.id where pipeline_run.name != 'run'`.execute(db);
  await sql`analyze table pipeline_run`.execute(db);
  await grow(db, 'tag_resource', { id, resource_id: id });
}

async function statementsOf(path: string): Promise<Statement[]> {
  server.database.takeStatements();
  const { status, body } = await server.call<{ items: unknown[] }>('GET', path);
  expect([path, status]).toEqual([path, 200]);
  expect(body.items.length).toBeGreaterThan(0);
  return server.database.takeStatements();
}

const LISTS = ['/runs', '/steps', '/artifact_versions', '/artifacts', '/pipelines', '/pipeline_snapshots'];

test.each(LISTS)('%s: a page of 100 takes as many statements as a page of 1', async (path) => {
  await statementsOf(`${path}?size=1`);
  for (const depth of ['', '&hydrate=true']) {
    const ofOne = await statementsOf(`${path}?size=1${depth}`);
    const ofHundred = await statementsOf(`${path}?size=100${depth}`);
    expect(ofHundred.map(({ sql }) => sql.slice(0, 60))).toHaveLength(ofOne.length);
  }
});

/** What is read in whole or sorted all the same, and why. */
const ALLOWED: Readonly<Record<string, string>> = {
  artifact: 'grows with the names that code gives, not with its runs',
  pipeline: 'grows with the names that code gives, not with its runs',
};

test.each(LISTS)('%s: no statement of its newest page reads or sorts a whole table', async (path) => {
  const statements = await statementsOf(`${path}?sort_by=desc:created&size=20&hydrate=true`);
  const wide = [];
  for (const statement of statements) {
    if (!/^\s*select/i.test(statement.sql)) continue;
    wide.push(...(await findWideParts(server.database.db, statement)));
  }
  expect(wide.filter(({ table }) => !(table in ALLOWED))).toEqual([]);
});
