import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { createS3Store } from '../../server/src/artifact-stores/s3-store.ts';
import { toDatabaseId } from '../../server/src/database/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../server/src/database/testing/test-database.ts';
import { testOwner } from '../../server/src/testing/test-workloads.ts';
import type { JobSettings } from '../../server/src/workloads/kubernetes/settings.ts';
import { workloadName } from '../../server/src/workloads/launch.ts';
import { createBuilders, noteBuilder } from '../../server/src/workloads/launcher/launch-build-store.ts';
import type { ArchiveParts } from '../../server/src/workloads/logs/archive-parts.ts';
import { openArchive } from '../../server/src/workloads/logs/archive-store.ts';
import { createArchivedLogReader } from '../../server/src/workloads/logs/archived-log.ts';
import { type LogArchiver, startLogArchiver } from '../../server/src/workloads/logs/log-archiver.ts';
import { createRunnerLog } from '../../server/src/workloads/logs/runner-log.ts';
import type { WorkloadLogLine, WorkloadManager } from '../../server/src/workloads/manager.ts';
import { smallerRules } from '../../tools/cluster/workload-namespace.mjs';
import { type CloudStorage, startS3 } from '../stores/cloud-storage.ts';
import {
  countNumbered,
  killTwoFollowers,
  startFollower,
  stopFollower,
  untilKept,
  untilReady,
} from '../stores/kept-logs.ts';
import { shell, startManager, startWorkspace, until, type Workspace } from './workspace.ts';

const root = 's3://logs/runs';
const log = pino({ level: 'fatal' });
const isLong = process.env['ZENML_TEST_LONG'] !== undefined;
/** Ends when it is told to, which the first process of a pod does not do by itself. */
const WAIT = 'trap "exit 143" TERM; sleep 300 & wait';
/** Ends some seconds after it was told to: a log is read as long as its pod is there. */
const ONCE_TOLD = 'until [ "$told" ]; do sleep 1; done; sleep 5; exit 143';

let workspace: Workspace;
let kubeconfig: string;
/** Of a server that has the role of the closed plugins. */
let smaller: string;
let database: TestDatabase;
let s3: CloudStorage;
const managers: WorkloadManager[] = [];
const archivers: LogArchiver[] = [];
const followers: ChildProcess[] = [];

beforeAll(async () => {
  [workspace, database, s3] = await Promise.all([startWorkspace(), createTestDatabase(), startS3('logs')]);
  kubeconfig = await workspace.namespace('runners');
  smaller = await workspace.namespace('smaller', smallerRules);
});

/** One that went on would keep the logs of other tests, too. */
afterEach(async () => {
  for (const follower of followers.splice(0)) follower.kill('SIGKILL');
  for (const stoppable of [...archivers.splice(0), ...managers.splice(0)]) await stoppable.stop();
});

afterAll(async () => {
  await s3?.stop();
  await database?.drop();
  await workspace?.stop();
});

const kubectl = (...args: string[]) => workspace.cluster.kubectl('-n', 'runners', ...args);

/** The name of a workload's pod. */
const podOf = (name: string) =>
  kubectl('get', 'pods', '-l', `zenml.io/workload=${name}`, '-o', 'jsonpath={.items[0].metadata.name}');

/** A run's first launch, whose log is kept from now on; nothing of it runs yet. */
async function prepare(given: Partial<JobSettings> = {}) {
  const { manager } = await startManager(given.namespace === 'smaller' ? smaller : kubeconfig, given, {
    findBuilders: createBuilders(database.db).find,
  });
  managers.push(manager);
  const runId = randomUUID();
  const name = workloadName(runId, 1);
  await openArchive(database.db, { runId: toDatabaseId(runId), number: 1 });
  const credentials = { accessKeyId: 'tests', secretAccessKey: 'tests' };
  const parts: ArchiveParts = {
    db: database.db,
    manager,
    store: createS3Store({ endpoint: s3.url, credentials }),
    root,
    log,
  };
  return { name, runId, manager, parts, read: () => createArchivedLogReader(parts)(name, {}) };
}

/** Runs a script as a runner whose log is kept. */
async function launch(script: string, given?: Partial<JobSettings>) {
  const prepared = await prepare(given);
  const { name, runId, manager } = prepared;
  await manager.launch({ ...shell(name, script), runId, describedBy: testOwner(runId) });
  return prepared;
}

/** Keeps logs until the test ends, or sooner. */
function startArchiver(...given: Parameters<typeof startLogArchiver>): LogArchiver {
  const archiver = startLogArchiver(...given);
  archivers.push(archiver);
  return archiver;
}

/** Says how far a launch is; one that is queued is being worked on. */
async function setLaunch(runId: string, status: string): Promise<void> {
  const id = toDatabaseId(runId);
  await sql`insert into ws_launch
      (id, run_id, project_id, snapshot_id, kind, number, status, attempts, created, due, claimed_until)
    values (${id}, ${id}, ${id}, ${id}, 'start', 1, ${status}, 1, utc_timestamp(3), utc_timestamp(3),
      utc_timestamp(3) + interval 1 hour)
    on duplicate key update status = values(status)`.execute(database.db);
}

/** What ends a pod that has written a lot; the default run tries the first. */
const ENDS: readonly [string, string, RegExp, ((name: string) => Promise<unknown>) | undefined][] = [
  ['runs out of memory', 'exec tail /dev/zero', /out of memory/, undefined],
  ['is evicted', ONCE_TOLD, /^its /, async (name) => workspace.evict('runners', await podOf(name))],
  ['is deleted', ONCE_TOLD, /^its /, async (name) => kubectl('delete', 'pod', await podOf(name))],
];

test.each(isLong ? ENDS : ENDS.slice(0, 1))(
  'of a million lines of a pod that %s each is kept once, although the replicas that keep them die too',
  async (_end, last, reason, end) => {
    const script = `trap "told=1" TERM; i=0
      while [ $i -lt 10 ]; do seq $((i * 100000 + 1)) $(((i + 1) * 100000)); sleep 1; i=$((i + 1)); done; ${last}`;
    const { name, runId, manager, read } = await launch(script);
    const options = { database: database.config, endpoint: s3.url, root, kubeconfig };
    await killTwoFollowers(database, runId, options);
    followers.push(startFollower(options));
    if (end) {
      // More than half of it.
      await untilKept(database, runId, ({ parts }) => parts > 150);
      await end(name);
    }
    expect(await untilKept(database, runId)).toMatchObject({ status: 'complete', gap: null });
    expect((await manager.status(name)).reason).toMatch(reason);
    await manager.remove(name);
    expect(await countNumbered(read())).toBe(1_000_000);
    const grown = await Promise.all(followers.map(stopFollower));
    expect(Math.max(...grown)).toBeLessThan(64 * 2 ** 20);
  },
  120_000,
);

test('of what a pod has logged no more than 5 s are lost, however soon after the replica that follows it it goes', async () => {
  const script = 'trap exit TERM; i=0; while true; do i=$((i + 1)); echo $i; sleep 0.1; done';
  const options = { database: database.config, endpoint: s3.url, root, kubeconfig };
  const pods = await Promise.all([0, 2, 3, 4, 5].map(async (delay) => ({ delay, ...(await launch(script)) })));
  const follower = startFollower(options);
  followers.push(follower);
  await Promise.all(pods.map(({ runId }) => untilKept(database, runId, ({ parts }) => parts > 1)));
  const written = pods.map(({ name, manager }) => lastOf(manager.readLog(name, { follow: true })));
  const another = startFollower(options);
  followers.push(another);
  await untilReady(another);
  follower.kill('SIGKILL');
  await Promise.all(
    pods.map(async ({ delay, name, runId }) => {
      await sleep(delay * 1000);
      await kubectl('delete', 'pod', await podOf(name), '--grace-period=0', '--force');
      await untilKept(database, runId);
    }),
  );
  const lost = await Promise.all(
    pods.map(async ({ read }, index) => {
      const [kept, all] = [await lastOf(read()), await written[index]];
      return (all?.timestamp?.getTime() ?? Number.NaN) - (kept?.timestamp?.getTime() ?? Number.NaN);
    }),
  );
  expect(Math.max(...lost)).toBeLessThanOrEqual(5_000);
});

async function lastOf(lines: AsyncIterable<WorkloadLogLine>): Promise<WorkloadLogLine | undefined> {
  let last: WorkloadLogLine | undefined;
  for await (const line of lines) last = line;
  return last;
}

test('a log is followed from before its pod is there', async () => {
  const { runId, manager } = await launch('echo first; sleep 1; echo last');
  const id = toDatabaseId(runId);
  await setLaunch(runId, 'launched');
  const messages: string[] = [];
  const { signal } = new AbortController();
  for await (const { entry } of createRunnerLog(database.db, manager).follow(id, undefined, signal)) {
    messages.push(entry.message);
  }
  expect(messages).toEqual(['first', 'last']);
});

test.each([
  ['the documented role', 'runners'],
  ['the role of the closed plugins', 'smaller'],
])('what a pod has logged is kept under %s although the pod is deleted', async (_role, namespace) => {
  const { name, runId, manager, parts, read } = await launch(`seq 1 50000; ${WAIT}`, { namespace });
  const archiver = startArchiver({ ...parts, flushAfter: 500 });
  await untilKept(database, runId, ({ parts: count }) => count > 0);
  await manager.remove(name);
  await untilKept(database, runId);
  await archiver.stop();
  expect(await countNumbered(read())).toBe(50_000);
});

test('the log of the builder of its image comes before that of a runner, followed and kept, and outlives the builder', async () => {
  const { name, runId, manager, parts, read } = await prepare();
  const id = toDatabaseId(runId);
  await setLaunch(runId, 'queued');
  const archiver = startArchiver({ ...parts, flushAfter: 200 });
  const readLog = createArchivedLogReader(parts);
  const { signal } = new AbortController();
  const follow = async () => {
    const messages: string[] = [];
    const runnerLog = createRunnerLog(database.db, { status: manager.status, readLog });
    for await (const { entry } of runnerLog.follow(id, undefined, signal)) messages.push(entry.message);
    return messages;
  };
  const followed = follow();
  // Anything stands in for a builder that has a label as builders have.
  const builder = `builder-of-${id.slice(0, 8)}`;
  await manager.launch(shell(builder, 'sleep 2; seq 1 3; sleep 1; seq 4 5'));
  const ofBuilder = ['-l', `zenml.io/workload=${builder}`];
  await until(async () => (await kubectl('get', 'pods', '-o', 'name', ...ofBuilder)) !== '');
  await kubectl('label', 'pods', `zenml.io/build-id=${builder}`, ...ofBuilder);
  await noteBuilder(database.db, { runId: id, number: 1 }, builder);
  await until(async () => (await countKeptLines(id)) === 5);
  await manager.remove(builder);
  await manager.launch({ ...shell(name, 'seq 6 8'), runId, describedBy: testOwner(runId) });
  await setLaunch(runId, 'launched');
  await untilKept(database, runId);
  await archiver.stop();
  await manager.remove(name);
  expect((await followed).join('')).toBe('12345678');
  expect(await countNumbered(read())).toBe(8);
});

async function countKeptLines(id: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select coalesce(sum(line_count), 0) as count from ws_log_part
    where run_id = ${id} and written = 1`.execute(database.db);
  return Number(rows[0]?.count);
}

test('a log that its node has rotated before it was read on says that lines are missing', async () => {
  const count = 'i=0; while true; do i=$((i + 1)); echo $i; sleep 0.1; done';
  const { name, runId, manager, parts, read } = await launch(`trap "exit 143" TERM; ${count}`);
  const live = async () => {
    const lines: WorkloadLogLine[] = [];
    for await (const line of manager.readLog(name, {})) lines.push(line);
    return lines;
  };
  await until(async () => (await live()).length > 4);
  const [first] = await live();
  // As if a replica had kept the first line, and none had been there since.
  await sql`update ws_log_archive set cursor_after = ${first?.cursor} where run_id = ${toDatabaseId(runId)}`.execute(
    database.db,
  );
  await workspace.rotateLog('runners', name);
  await until(async () => (await live()).length > 0);
  const archiver = startArchiver({ ...parts, flushAfter: 200 });
  await untilKept(database, runId, ({ parts: written }) => written > 0);
  await manager.remove(name);
  await untilKept(database, runId);
  await archiver.stop();
  const messages: string[] = [];
  for await (const { message } of read()) messages.push(message);
  const [notice, ...rest] = messages;
  expect(notice).toMatch(/^Lines are missing here: the node had rotated the log/);
  const next = Number(rest[0]);
  expect(next).toBeGreaterThan(5);
  expect(rest).toEqual(rest.map((_message, index) => String(next + index)));
});

const REPLACED: readonly [string, string, boolean][] = [
  ['that has failed', 'echo 1; exit 1', false],
  ['that was evicted', `echo 1; ${WAIT}`, true],
];

// A Job waits 10 s before it replaces a pod that has failed.
test.each(isLong ? REPLACED : REPLACED.slice(0, 1))(
  'the logs of a pod %s and of the one that replaces it are kept apart',
  async (_what, script, evicts) => {
    const { name, runId, manager, parts, read } = await launch(script, { backoffLimit: 1 });
    const id = toDatabaseId(runId);
    const archiver = startArchiver(parts);
    if (evicts) {
      await until(async () => (await countKeptLines(id)) === 1);
      await workspace.evict('runners', await podOf(name));
      await until(async () => (await countKeptLines(id)) === 2);
      await manager.remove(name);
    }
    await untilKept(database, runId);
    await archiver.stop();
    const pods = new Set<string>();
    for await (const { cursor, message } of read()) {
      expect(message).toBe('1');
      pods.add(cursor.split('~')[0] ?? '');
    }
    expect(pods.size).toBe(2);
  },
);
