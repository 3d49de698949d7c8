import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Logger, pino } from 'pino';
import { createTokenIssuer } from '../../auth/access-tokens.ts';
import { createCsrfTokens } from '../../auth/csrf.ts';
import { createTokens } from '../../auth/tokens.ts';
import { fromDatabaseId, toDatabaseId } from '../../database/ids.ts';
import { createRunStatusUpdates } from '../../features/runs/run-status-updates.ts';
import { createOnboarding } from '../../features/server/onboarding.ts';
import { createPipeline, createRunnableSnapshot } from '../../testing/runnable-snapshots.ts';
import { startTestServer, TEST_KEY, type TestServer } from '../../testing/test-server.ts';
import { startDispatcher } from '../dispatcher/dispatcher.ts';
import { createFailRun } from '../dispatcher/failed-runs.ts';
import { workloadName } from '../launch.ts';
import { createLocalWorkloadManager } from '../local/local-workload-manager.ts';
import { createRunnerLog } from '../logs/runner-log.ts';
import { type ImageRequest, WorkloadError, type WorkloadManager } from '../manager.ts';
import { startReconciler } from '../reconciler/reconciler.ts';
import { createFailureExplanation } from './failure-explanation.ts';
import { createLauncher } from './launcher.ts';

interface Run {
  id: string;
  body: { status: string; status_reason: string };
  resources: { snapshot: { id: string } };
}

const directory = mkdtempSync(join(tmpdir(), 'launches-'));
const log = pino({ level: 'fatal' });
const tokens = createTokens({
  secretKey: TEST_KEY,
  algorithm: 'HS256',
  issuer: 'test',
  audience: 'test',
  leewaySeconds: 0,
});

let server: TestServer;
let pipelineId: string;
beforeAll(async () => {
  server = await startTestServer({ queuesLaunches: true });
  pipelineId = await createPipeline(server);
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** A program that is called as Python would be. */
function program(name: string, script: string): string {
  const file = join(directory, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

interface Options {
  readonly python?: string;
  readonly serverUrl?: string | undefined;
  readonly log?: Logger;
  /** Changes of the local manager. */
  readonly changes?: Partial<WorkloadManager>;
}

/** Runs a snapshot and dispatches what is queued until `until` says that it is over. */
async function dispatch(
  options: Options,
  until: (run: Run) => Promise<boolean> | boolean,
  before?: (run: Run) => unknown,
) {
  const { db } = server.database;
  const snapshot = await createRunnableSnapshot(server, pipelineId);
  const { body: queued } = await server.call<Run>('POST', `/pipeline_snapshots/${snapshot}/runs`, {});
  await before?.(queued);
  const local = createLocalWorkloadManager({ python: options.python ?? program('python', ''), directory }, log);
  const manager = { ...local, ...options.changes };
  await manager.start();
  const failRun = createFailRun(createRunStatusUpdates(createOnboarding()));
  const reconciler = startReconciler({ db, manager, failRun, log, startTimeoutSeconds: 180, interval: 200 });
  const startLaunch = createLauncher({
    db,
    manager,
    issueToken: createTokenIssuer(tokens, createCsrfTokens({ secretKey: TEST_KEY })),
    log,
    serverUrl: 'serverUrl' in options ? options.serverUrl : 'https://server.example',
    image: { parentImage: undefined, withoutUv: false },
  });
  const dispatcher = startDispatcher({
    db,
    explainFailure: createFailureExplanation({ db, manager, log: options.log ?? log }),
    failRun,
    removeRunner: ({ runId, number }) => manager.remove(workloadName(runId, number)),
    log,
    concurrency: 2,
    startLaunch,
  });
  // One that was deleted stays as it was.
  const read = async () => ({ ...queued, ...(await server.call<Run>('GET', `/runs/${queued.id}`)).body });
  try {
    for (let tries = 0; tries < 100; tries++) {
      const run = await read();
      if (await until(run)) return { run, manager, name: workloadName(queued.id, 1) };
      await sleep(100);
    }
    throw new Error(`not over: ${JSON.stringify((await read()).body)}`);
  } finally {
    await dispatcher.stop();
    await reconciler.stop();
    await manager.stop();
  }
}

async function statusOfLaunch(run: Run): Promise<string> {
  const { rows } = await sql<{ status: string }>`select status from ws_launch
    where run_id = ${toDatabaseId(run.id)}`.execute(server.database.db);
  return rows[0]?.status ?? '';
}

// The runner of a short program may be over at the next look.
const isLaunched = async (run: Run) => ['launched', 'over'].includes(await statusOfLaunch(run));
const isFailed = (run: Run) => run.body.status === 'failed';

test('a runner is told what to run, where the server is, and gets a token of its run only, which ends with the runner', async () => {
  const python = program('printing', 'echo "$@"; env | grep ^ZENML_ | sort');
  const { run, manager, name } = await dispatch({ python }, isLaunched);
  const lines: string[] = [];
  for await (const { message } of manager.readLog(name, { follow: true })) lines.push(message);
  expect(lines[0]).toBe(
    '-m zenml.entrypoints.entrypoint --entrypoint_config_source ' +
      'zenml.zen_server.pipeline_execution.runner_entrypoint_configuration.RunnerEntrypointConfiguration ' +
      `--snapshot_id ${run.resources.snapshot.id} --run_id ${run.id} --placeholder_run_id ${run.id}`,
  );
  const environment = new Map(lines.slice(1).map((line) => line.split(/=(.*)/s, 2) as [string, string]));
  expect(environment.get('ZENML_STORE_URL')).toBe('https://server.example');
  expect(environment.get('ZENML_ACTIVE_PROJECT_ID')).toBe(server.projectId);
  const claims = await tokens.verify(environment.get('ZENML_STORE_API_TOKEN') ?? '');
  expect(claims).toMatchObject({ userId: server.userId, pipelineRunId: run.id });
  const { rows } = await sql<{ id: string }>`select id from ws_launch
    where run_id = ${toDatabaseId(run.id)}`.execute(server.database.db);
  expect(claims.launchId).toBe(fromDatabaseId(rows[0]?.id ?? ''));
});

test.each<[string, Options, RegExp]>([
  [
    'without an address of the server',
    { serverUrl: undefined },
    /^Failed to start run: ZENML_SERVER_SERVER_URL is not set/,
  ],
  [
    'without an image',
    {
      changes: {
        prepareImage: async () => {
          throw new WorkloadError('the registry has no image `x`');
        },
      },
    },
    /^Failed to start run: the registry has no image `x`$/,
  ],
  [
    'with more than one thing in its way',
    {
      changes: {
        prepareImage: async () => {
          throw new WorkloadError('The registry has no image `x`. Push it.');
        },
        preflight: async () => [
          { severity: 'error', problem: 'The registry has no image `x`.', fix: 'Push it.' },
          {
            severity: 'error',
            problem: 'The namespace runners does not exist.',
            fix: 'kubectl create namespace runners',
          },
          { severity: 'error', problem: 'The server may not create jobs.', fix: 'Apply this:\nkind: Role' },
          { severity: 'warning', problem: 'The server may not list events.', fix: 'Nothing.' },
        ],
      },
    },
    new RegExp(
      '^Failed to start run: The registry has no image `x`\\. Push it\\. Also: The namespace runners does not exist\\. ' +
        'The server may not create jobs\\. What to do: kubectl create namespace runners; Apply this: `doctor` prints it\\.$',
    ),
  ],
  [
    'with a runner that fails',
    { python: program('failing', 'echo "RuntimeError: no cluster"; exit 1') },
    /^Failed to start run: the runner ended with exit code 1: RuntimeError: no cluster$/,
  ],
  [
    'with a runner that does nothing',
    { python: program('idle', '') },
    /^Failed to start run: its runner ended without beginning the run$/,
  ],
])('a run %s fails and says why', async (_title, options, reason) => {
  const { run } = await dispatch(options, isFailed);
  expect(run.body.status_reason).toMatch(reason);
});

test('a run whose stack is changed while it waits fails and says so', async () => {
  const change = ({ resources }: Run) =>
    sql`update pipeline_build set stack_checksum = 'of another stack' where id =
      (select build_id from pipeline_snapshot where id = ${toDatabaseId(resources.snapshot.id)})`.execute(
      server.database.db,
    );
  const { run } = await dispatch({}, isFailed, change);
  expect(run.body.status_reason).toMatch(/^Failed to start run: The stack .* has been updated since it was used/);
});

test.each([
  ['user', 'user_id = null', /The user who started it has been deleted: another one has to start it anew\.$/],
  ['snapshot', "snapshot_id = 'gone'", /Its snapshot has been deleted: run another one of the pipeline\.$/],
])('a run whose %s is deleted while it waits fails and says so', async (_what, change, reason) => {
  const { run } = await dispatch({}, isFailed, ({ id }) =>
    sql`update ws_launch set ${sql.raw(change)} where run_id = ${toDatabaseId(id)}`.execute(server.database.db),
  );
  expect(run.body.status_reason).toMatch(reason);
});

test('what may pass is tried again', async () => {
  let tries = 0;
  const prepareImage = async () => {
    if (++tries === 1) throw new Error('the API server does not answer');
    return '';
  };
  const { manager, name } = await dispatch({ changes: { prepareImage } }, isLaunched);
  expect(tries).toBe(2);
  expect((await manager.status(name)).phase).not.toBe('absent');
});

test('what is tried again for the last time fails with all that is in its way', async () => {
  const changes: Partial<WorkloadManager> = {
    prepareImage: async () => {
      throw new Error('The cluster does not take its Job: connect ECONNREFUSED');
    },
    preflight: async () => [
      {
        severity: 'error',
        problem: 'The cluster at https://k8s does not answer: connect ECONNREFUSED.',
        fix: 'Start it.',
      },
      { severity: 'error', problem: 'The registry has no image `x`.', fix: 'Push it.' },
    ],
  };
  const exhaust = ({ id }: Run) =>
    sql`update ws_launch set attempts = 19 where run_id = ${toDatabaseId(id)}`.execute(server.database.db);
  const { run } = await dispatch({ changes }, isFailed, exhaust);
  expect(run.body.status_reason).toBe(
    'Failed to start run: The cluster does not take its Job: connect ECONNREFUSED. Also: The registry has no image `x`. ' +
      'What to do: Start it; Push it.',
  );
});

test('a run ends with what it failed of also where it is not known what else is in its way', async () => {
  const warnings: string[] = [];
  const changes: Partial<WorkloadManager> = {
    prepareImage: async () => {
      throw new WorkloadError('the registry has no image `x`');
    },
    preflight: async () => {
      throw new Error('the registry hung up');
    },
  };
  const told = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
  const { run } = await dispatch({ changes, log: told }, isFailed);
  expect(run.body.status_reason).toBe('Failed to start run: the registry has no image `x`');
  expect(warnings).toEqual([expect.stringMatching(/was not found out/)]);
  expect(warnings[0]).toContain('the registry hung up');
});

const stop = ({ id }: Pick<Run, 'id'>) => server.call('POST', `/runs/${id}/stop`);
const isStopped = (run: Run) => run.body.status === 'stopped';

test('a run that is stopped while it waits is not launched', async () => {
  const { run, manager, name } = await dispatch({}, isStopped, stop);
  expect(run.body.status_reason).toBe('Stopped before it began.');
  expect(await statusOfLaunch(run)).toBe('cancelled');
  expect((await manager.status(name)).phase).toBe('absent');
});

/** Has a run wait to be resumed that was tried to be resumed before. */
async function makeResuming({ id, resources }: Run): Promise<void> {
  const { db } = server.database;
  const [runId, snapshotId] = [id, resources.snapshot.id].map(toDatabaseId);
  await sql`update pipeline_snapshot set is_dynamic = 1 where id = ${snapshotId}`.execute(db);
  await sql`update pipeline_run set status = 'resuming', orchestrator_run_id = 'orchestrator' where id = ${runId}`.execute(
    db,
  );
  await sql`update ws_launch set kind = 'resume', attempts = 1 where run_id = ${runId}`.execute(db);
}

const stopGracefully = (id: string) => server.call('POST', `/runs/${id}/stop?graceful=true`);

test('a run that is stopped while its resumption is tried again has nobody else who would end it', async () => {
  const stopResuming = async (run: Run) => {
    await makeResuming(run);
    await stopGracefully(run.id);
  };
  const { run, manager, name } = await dispatch({}, isStopped, stopResuming);
  expect(run.body.status_reason).toBe('Stopped before it was resumed.');
  expect((await manager.status(name)).phase).toBe('absent');
});

test('a run that is stopped while its resumption fails has stopped', async () => {
  const prepareImage = async ({ owner }: ImageRequest) => {
    await stopGracefully(owner.runId);
    throw new WorkloadError('the registry has no image `x`');
  };
  const { run } = await dispatch({ changes: { prepareImage } }, isStopped, makeResuming);
  expect(run.body.status_reason).toBe('Stopped before it was resumed.');
});

test('a run that is stopped while it is launched leaves no runner', async () => {
  const prepareImage = async ({ owner }: ImageRequest) => {
    await stop({ id: owner.runId });
    return '';
  };
  const { manager, name } = await dispatch({ changes: { prepareImage } }, isStopped);
  expect((await manager.status(name)).phase).toBe('absent');
});

const WAITING = program('waiting', 'sleep 60');
/** Does something to a run whose runner is there. */
const onceLaunched = (act: (run: Run) => Promise<unknown>, until: (run: Run) => Promise<boolean> | boolean) => {
  let done: Promise<unknown> | undefined;
  return async (run: Run) => {
    if (!done && (await isLaunched(run))) done = act(run);
    return done !== undefined && (await until(run));
  };
};
const isRemoved = async (name: string) => !existsSync(join(directory, name));

test('a run whose runner was deleted by hand fails', async () => {
  const remove = async ({ id }: Run) => {
    const name = workloadName(id, 1);
    const file = join(directory, name, 'pid');
    // Its process makes the file, and then writes into it.
    while (!existsSync(file) || readFileSync(file, 'utf8') === '') await sleep(20);
    const pid = Number(readFileSync(file, 'utf8'));
    // At once: a folder that is removed file by file is seen as a runner's that was killed.
    const elsewhere = `${directory}-deleted`;
    renameSync(join(directory, name), elsewhere);
    rmSync(elsewhere, { recursive: true });
    process.kill(-pid, 'SIGKILL');
  };
  const { run, manager } = await dispatch({ python: WAITING }, onceLaunched(remove, isFailed));
  expect(run.body.status_reason).toMatch(/its runner is gone/);
  const runnerLog = createRunnerLog(server.database.db, manager);
  const { items } = await runnerLog.readPage(toDatabaseId(run.id), { limit: 10 });
  expect(items).toMatchObject([
    { level: 40, message: expect.stringMatching(/did not begin the run: its runner is gone/) },
  ]);
});

test('the runner of a run that is deleted goes too', async () => {
  const remove = ({ id }: Run) => server.call('DELETE', `/runs/${id}`);
  let name = '';
  const until = onceLaunched(remove, () => isRemoved(name));
  await dispatch({ python: WAITING }, until, ({ id }) => {
    name = workloadName(id, 1);
  });
  expect(await isRemoved(name)).toBe(true);
});

test('the runner of a run that is stopped after it began goes too, and its launch is over', async () => {
  const stopRunning = async ({ id }: Run) => {
    await server.call('PUT', `/runs/${id}`, { status: 'running', orchestrator_run_id: `orchestrator-${id}` });
    await stop({ id });
  };
  const isOver = async (run: Run) => (await statusOfLaunch(run)) === 'over';
  const { name } = await dispatch({ python: WAITING }, onceLaunched(stopRunning, isOver));
  expect(await isRemoved(name)).toBe(true);
});
