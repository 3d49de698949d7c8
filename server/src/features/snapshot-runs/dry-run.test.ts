import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import { loadConfig } from '../../config/config.ts';
import { LOCAL_MANAGER } from '../../config/workload-config.ts';
import { newId, toDatabaseId } from '../../database/ids.ts';
import { type Launching, startLaunching } from '../../launching.ts';
import { queueLaunches } from '../../testing/queued-launches.ts';
import { createPipeline, createRunnableSnapshot } from '../../testing/runnable-snapshots.ts';
import { QUEUE_LENGTH, startTestServer, type TestServer } from '../../testing/test-server.ts';
import type { Finding } from '../../workloads/manager.ts';
import type { DryRunAnswer } from './dry-run.ts';

let findings: readonly Finding[];
let server: TestServer;
let pipelineId: string;
beforeAll(async () => {
  server = await startTestServer({ queuesLaunches: true, preflight: async () => findings });
  pipelineId = await createPipeline(server);
});
beforeEach(() => {
  findings = [];
});
afterAll(() => server.stop());

const tryAt = (path: string, dryRun = 'true', body: object = {}) =>
  server.call<DryRunAnswer & { detail: string[] }>('POST', `${path}?dry_run=${dryRun}`, body);
const runsOf = (snapshotId: string) => `/pipeline_snapshots/${snapshotId}/runs`;

async function countRows(): Promise<unknown> {
  const { rows } = await sql`select (select count(*) from pipeline_snapshot) as snapshots,
    (select count(*) from pipeline_run) as runs, (select count(*) from ws_launch) as launches,
    (select run_count from pipeline limit 1) as run_count`.execute(server.database.db);
  return rows[0];
}

describe('each operation that starts a run can be tried, which writes nothing', () => {
  test.each<[string, () => Promise<string>]>([
    ['a snapshot', async () => runsOf(await createRunnableSnapshot(server, pipelineId))],
    [
      'a run template',
      async () => {
        const source_snapshot_id = await createRunnableSnapshot(server, pipelineId);
        const request = { project: server.projectId, name: 'template', source_snapshot_id };
        return `/run_templates/${(await server.call('POST', '/run_templates', request)).body['id']}/runs`;
      },
    ],
    [
      'a replay',
      async () => {
        const { body } = await server.call('POST', runsOf(await createRunnableSnapshot(server, pipelineId)), {});
        return `/runs/${body['id']}/replay`;
      },
    ],
  ])('%s', async (_title, make) => {
    const path = await make();
    const before = await countRows();
    const { status, body } = await tryAt(path);
    expect([status, body]).toEqual([200, { ready: true, findings: [] }]);
    expect(await countRows()).toEqual(before);
    expect((await server.call('POST', path, {})).status).toBe(200);
    expect(await countRows()).not.toEqual(before);
  });
});

// Python's requests write `True`.
test.each(['True', '1', 'yes', 'on', 'T'])('`dry_run=%s` starts nothing', async (text) => {
  const path = runsOf(await createRunnableSnapshot(server, pipelineId));
  const before = await countRows();
  expect((await tryAt(path, text)).body).toEqual({ ready: true, findings: [] });
  expect(await countRows()).toEqual(before);
});

test('what is neither true nor false is refused, and starts nothing', async () => {
  const path = runsOf(await createRunnableSnapshot(server, pipelineId));
  const before = await countRows();
  const { status, body } = await tryAt(path, 'maybe');
  expect([status, JSON.stringify(body)]).toEqual([422, expect.stringMatching(/dry_run.*valid boolean/)]);
  expect(await countRows()).toEqual(before);
});

test('`dry_run=False` starts a run', async () => {
  const { status, body } = await tryAt(runsOf(await createRunnableSnapshot(server, pipelineId)), 'False');
  expect([status, body]).toMatchObject([200, { name: expect.stringMatching(/^train-/) }]);
});

test('what the request itself is refused with is refused', async () => {
  const unbuilt = await createRunnableSnapshot(server, pipelineId, { build: undefined });
  const { status, body } = await tryAt(runsOf(unbuilt));
  expect([status, body.detail[0]]).toEqual([400, 'ValueError']);
});

test('all that is in the way is told at once: a full queue, too', async () => {
  const { db } = server.database;
  findings = [
    { severity: 'error', problem: 'The registry has no `train:3`.', fix: 'Push it.' },
    { severity: 'warning', problem: 'The server may not list events.', fix: 'Apply the Role.' },
  ];
  const path = runsOf(await createRunnableSnapshot(server, pipelineId));
  await queueLaunches(db, toDatabaseId(server.projectId), QUEUE_LENGTH);
  const { status, body } = await tryAt(path);
  await sql`delete from ws_launch`.execute(db);
  expect([status, body.ready]).toEqual([200, false]);
  expect(body.findings.map(({ problem }) => problem)).toEqual([
    'As many runs of the project wait to be started as may.',
    'The registry has no `train:3`.',
    'The server may not list events.',
  ]);
});

test('a warning alone is in the way of nothing', async () => {
  findings = [{ severity: 'warning', problem: 'The server may not list events.', fix: 'Apply the Role.' }];
  const { body } = await tryAt(runsOf(await createRunnableSnapshot(server, pipelineId)));
  expect(body).toEqual({ ready: true, findings });
});

describe('a server that knows no address of its own and no key', () => {
  const directory = mkdtempSync(join(tmpdir(), 'no-runners-'));
  let launching: Launching | undefined;
  let other: TestServer;
  beforeAll(async () => {
    other = await startTestServer({
      queuesLaunches: true,
      beside: server,
      preflight: async (images) => (await launching?.preflight(images)) ?? [],
    });
    const config = loadConfig({
      ZENML_STORE_URL: 'mysql://unused:unused@127.0.0.1/nothing',
      ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE: LOCAL_MANAGER,
      ZENML_WORKSPACE_LOCAL_PYTHON: 'no-such-python',
      ZENML_WORKSPACE_LOCAL_DIRECTORY: directory,
    });
    const issueToken = async () => {
      throw new Error('Nothing is to be started.');
    };
    const { db } = server.database;
    await sql`delete from ws_launch`.execute(db);
    launching = await startLaunching(config, db, { issueToken, serverId: newId() }, pino({ level: 'silent' }));
  });
  afterAll(async () => {
    await launching?.stop();
    await other.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test('says so, beside what else is in the way', async () => {
    const snapshot = await createRunnableSnapshot(server, pipelineId);
    const { body } = await other.call<DryRunAnswer>('POST', `${runsOf(snapshot)}?dry_run=true`, {});
    expect(body.ready).toBe(false);
    expect(body.findings.map(({ problem }) => problem)).toEqual([
      expect.stringMatching(/^ZENML_SERVER_SERVER_URL is not set/),
      expect.stringMatching(/^ZENML_SERVER_JWT_SECRET_KEY is not set/),
      expect.stringMatching(/^`no-such-python` has no ZenML/),
    ]);
  });
});
