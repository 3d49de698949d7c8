import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import type { ArtifactStore } from '../../server/src/artifact-stores/artifact-store.ts';
import { openBucketStore } from '../../server/src/artifact-stores/bucket-store.ts';
import { createS3Store } from '../../server/src/artifact-stores/s3-store.ts';
import { toDatabaseId } from '../../server/src/database/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../server/src/database/testing/test-database.ts';
import { testWorkload } from '../../server/src/testing/test-workloads.ts';
import { workloadName } from '../../server/src/workloads/launch.ts';
import { createLocalWorkloadManager } from '../../server/src/workloads/local/local-workload-manager.ts';
import { openArchive } from '../../server/src/workloads/logs/archive-store.ts';
import { createArchivedLogReader } from '../../server/src/workloads/logs/archived-log.ts';
import { formatCursor } from '../../server/src/workloads/logs/cursor.ts';
import { startLogArchiver } from '../../server/src/workloads/logs/log-archiver.ts';
import { diagnoseLogStore } from '../../server/src/workloads/logs/log-store.ts';
import type { WorkloadManager } from '../../server/src/workloads/manager.ts';
import { findFakeGcs, startGcs, startS3 } from './cloud-storage.ts';
import {
  countNumbered,
  type KeptLog,
  keptLog,
  killTwoFollowers,
  startFollower,
  stopFollower,
  untilKept,
} from './kept-logs.ts';

const BUCKET = 'logs';
const root = `s3://${BUCKET}/runs`;
const log = pino({ level: 'fatal' });
const directory = mkdtempSync(join(tmpdir(), 'log-archive-'));
const followers: ChildProcess[] = [];

let s3: Awaited<ReturnType<typeof startS3>>;
let database: TestDatabase;
let manager: WorkloadManager;
let store: ArtifactStore;

before(async () => {
  s3 = await startS3(BUCKET);
  database = await createTestDatabase();
  // A shell stands in for Python: what a workload's command says is what it runs.
  manager = createLocalWorkloadManager({ python: '/bin/sh', directory }, log);
  await manager.start();
  const credentials = { accessKeyId: 'tests', secretAccessKey: 'tests' };
  store = createS3Store({ endpoint: s3.url, credentials });
});
after(async () => {
  for (const follower of followers) follower.kill('SIGKILL');
  for (const { name } of (await manager?.list()) ?? []) await manager.remove(name);
  await manager?.stop();
  await database?.drop();
  await s3?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Starts a runner whose log is to be kept. */
async function launch(script: string) {
  const runId = randomUUID();
  const name = workloadName(runId, 1);
  await manager.launch(testWorkload(name, runId, script));
  await openArchive(database.db, { runId: toDatabaseId(runId), number: 1 });
  return { name, runId };
}

const isOut = ({ outage_since }: KeptLog) => outage_since !== null;
const reader = () => createArchivedLogReader({ db: database.db, manager, store, log });

async function messagesOf(name: string, from?: string): Promise<string[]> {
  const messages: string[] = [];
  for await (const { message } of reader()(name, from === undefined ? {} : { after: from })) messages.push(message);
  return messages;
}

/** Reads line by line, each after the cursor of the one before, as who pages does. */
async function pagesOf(name: string): Promise<string[]> {
  const messages: string[] = [];
  for (let after: string | undefined; messages.length < 10; ) {
    const { value: line } = await reader()(name, after === undefined ? {} : { after })
      [Symbol.asyncIterator]()
      .next();
    if (!line) break;
    assert.match(line.cursor, /^\S+$/);
    messages.push(line.message);
    after = line.cursor;
  }
  return messages;
}

test('of a million lines each is kept once, although the replicas that keep them are killed', async () => {
  const { name, runId } = await launch(
    'i=0; while [ $i -lt 10 ]; do seq $((i * 100000 + 1)) $(((i + 1) * 100000)); sleep 0.5; i=$((i + 1)); done',
  );
  const options = { database: database.config, endpoint: s3.url, root, directory };
  await killTwoFollowers(database, runId, options);
  assert.notEqual((await keptLog(database, runId)).status, 'complete');
  followers.push(startFollower(options), startFollower(options));
  await untilKept(database, runId);
  await manager.remove(name);
  assert.equal(await countNumbered(reader()(name, {})), 1_000_000);
  const grown = await Promise.all(followers.splice(0).map(stopFollower));
  assert.ok(Math.max(...grown) < 64 * 2 ** 20, `${grown} bytes`);
});

test('one cursor serves the live log and the kept one, and whoever follows sees each line once', async () => {
  const archiver = startLogArchiver({ db: database.db, manager, store, root, log, flushAfter: 200 });
  try {
    const { name, runId } = await launch(
      'printf "one\\n\\ntwo\\rthree\\n"; sleep 1; echo four; sleep 1; echo five; sleep 0.5; echo six',
    );
    const live: { cursor: string; message: string }[] = [];
    for await (const { cursor, message } of reader()(name, { follow: true })) live.push({ cursor, message });
    assert.deepEqual(
      live.map(({ message }) => message),
      ['one', '', 'two\rthree', 'four', 'five', 'six'],
    );
    await untilKept(database, runId);
    await manager.remove(name);
    for (const [index, { cursor }] of live.entries()) {
      assert.deepEqual(
        await messagesOf(name, cursor),
        live.slice(index + 1).map(({ message }) => message),
      );
    }
  } finally {
    await archiver.stop();
  }
});

test('who pages reads that lines are missing, too', async () => {
  const { name, runId } = await launch('exit 0');
  const rotated: Pick<WorkloadManager, 'readLog' | 'status'> = {
    status: (asked) => manager.status(asked),
    async *readLog(_name, { after = '' }) {
      for (const [second, message] of ['before', 'behind', 'last'].entries()) {
        const place = { attempt: 1769846400, timestamp: `2026-01-31T08:00:0${second}.000000000Z`, index: 0, lag: 0 };
        const line = { cursor: formatCursor(place), message, timestamp: undefined, isAfterGap: message === 'behind' };
        if (line.cursor > after) yield line;
      }
    },
  };
  const archiver = startLogArchiver({ db: database.db, manager: rotated, store, root, log });
  await untilKept(database, runId);
  await archiver.stop();
  const messages = await pagesOf(name);
  assert.match(messages[1] ?? '', /^Lines are missing here: the node had rotated the log/);
  assert.deepEqual(messages.toSpliced(1, 1), ['before', 'behind', 'last']);
});

const gcs = findFakeGcs();

test('logs are kept in Google Cloud Storage too', { skip: gcs === undefined && 'no fake-gcs-server' }, async () => {
  const storage = await startGcs(gcs ?? '', BUCKET);
  process.env['CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE'] = storage.url;
  const bucket = await openBucketStore(`gs://${BUCKET}`);
  const archiver = startLogArchiver({ db: database.db, manager, store: bucket, root: `gs://${BUCKET}/runs`, log });
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on('warning', note);
  try {
    const { name, runId } = await launch('seq 1 20000; sleep 1; seq 20001 20002');
    await untilKept(database, runId);
    await manager.remove(name);
    const read = createArchivedLogReader({ db: database.db, manager, store: bucket, log });
    assert.equal(await countNumbered(read(name, {})), 20_002);
    assert.deepEqual(warnings, [], 'no listeners pile up');
  } finally {
    process.off('warning', note);
    await archiver.stop();
    delete process.env['CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE'];
    await storage.stop();
  }
});

test('a run goes on while the store cannot be reached, and what was not kept is named', async () => {
  const port = 9;
  const unreachable = createS3Store({
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'tests', secretAccessKey: 'tests' },
  });
  const [finding] = await diagnoseLogStore({ store: unreachable, root });
  assert.match(
    finding?.problem ?? '',
    /^The log store s3:\/\/logs\/runs cannot be read: .*Logs are gone with their pods\.$/,
  );
  assert.deepEqual(await diagnoseLogStore({ store, root }), []);
  const parts = { db: database.db, manager, root, log, flushAfter: 100 };
  const lost = await launch('echo lost; sleep 1; echo too');
  const impatient = startLogArchiver({ ...parts, store: unreachable, patience: 500 });
  await untilKept(database, lost.runId);
  await impatient.stop();
  const [line, ...rest] = await messagesOf(lost.name);
  assert.match(line ?? '', /^What was logged after this is not kept: the log store could not be written to from 20/);
  assert.deepEqual(rest, []);
  assert.deepEqual(await pagesOf(lost.name), [line]);

  const late = await launch('echo kept; sleep 1; echo later');
  const waiting = startLogArchiver({ ...parts, store: unreachable });
  await untilKept(database, late.runId, isOut);
  await waiting.stop();
  const next = startLogArchiver({ ...parts, store });
  await untilKept(database, late.runId);
  await next.stop();
  await manager.remove(late.name);
  assert.deepEqual(await messagesOf(late.name), ['kept', 'later']);

  const gone = await launch('echo seen; sleep 30');
  const last = startLogArchiver({ ...parts, store: unreachable });
  await untilKept(database, gone.runId, isOut);
  await last.stop();
  await manager.remove(gone.name);
  const heir = startLogArchiver({ ...parts, store });
  await untilKept(database, gone.runId);
  await heir.stop();
  const told = await messagesOf(gone.name);
  assert.match(told.at(-1) ?? '', /^Lines may be missing here: the log store could not/);
  assert.deepEqual(await pagesOf(gone.name), told);
});
