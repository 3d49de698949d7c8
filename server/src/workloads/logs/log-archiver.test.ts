import { EventEmitter, once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import type { ArtifactStore } from '../../artifact-stores/artifact-store.ts';
import { newId } from '../../database/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../database/testing/test-database.ts';
import { workloadName } from '../launch.ts';
import type { WorkloadLogLine, WorkloadManager, WorkloadStatus } from '../manager.ts';
import { findArchive, openArchive } from './archive-store.ts';
import { createArchivedLogReader } from './archived-log.ts';
import { startLogArchiver } from './log-archiver.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** A runner that has logged some lines and runs on, until it is deleted together with its log. */
function runnerOf(name: string, lines: readonly string[], onRead: () => Promise<void>) {
  const deletion = new AbortController();
  const phase = () => (deletion.signal.aborted ? 'absent' : 'running');
  const manager: Pick<WorkloadManager, 'readLog' | 'status'> = {
    status: async () =>
      ({ name, runId: '', launchNumber: 1, phase: phase(), reason: undefined, since: undefined }) as WorkloadStatus,
    async *readLog(_name, { after = '', follow, signal }): AsyncGenerator<WorkloadLogLine> {
      await onRead();
      if (phase() === 'absent') return;
      for (const [index, message] of lines.entries()) {
        const cursor = String(index).padStart(5, '0');
        if (cursor > after) yield { cursor, message, timestamp: undefined };
      }
      const ending = AbortSignal.any([deletion.signal, ...(signal ? [signal] : [])]);
      if (follow && !ending.aborted) await once(ending, 'abort');
    },
  };
  return { manager, delete: () => deletion.abort() };
}

/** A bucket in memory. */
function bucket(onWrite: () => Promise<void>) {
  const objects = new Map<string, Buffer>();
  const store: Pick<ArtifactStore, 'read' | 'stat' | 'write'> = {
    async write(uri, bytes) {
      objects.set(uri, Buffer.from(bytes));
      await onWrite();
    },
    read: async (uri) => Readable.from([objects.get(uri)]),
    async stat(uri) {
      const size = objects.get(uri)?.length;
      return size === undefined ? undefined : { kind: 'file', size };
    },
  };
  return { objects, store: store as ArtifactStore };
}

/** A replica's log, which tells when a warning comes next. */
function heardLog() {
  const heard = new EventEmitter();
  const log = pino({ level: 'warn' }, { write: (line) => void heard.emit(JSON.parse(line).msg) });
  return { log, next: (message: string) => once(heard, message) };
}

/** Has every statement fail on the logs that are kept. */
const takeAway = () => sql`rename table ws_log_part to away_part, ws_log_archive to away_archive`.execute(database.db);
/** Gives them back as after so long a time that all claims have run out. */
async function giveBack(): Promise<void> {
  await sql`update away_archive set claimed_until = utc_timestamp(3) where claim is not null`.execute(database.db);
  await sql`rename table away_part to ws_log_part, away_archive to ws_log_archive`.execute(database.db);
}

async function untilComplete(runId: string): Promise<void> {
  while (!(await findArchive(database.db, { runId, number: 1 }))?.isComplete) await sleep(50);
}

test.each(['before an object is written', 'once it is written'])(
  'lines that the database does not take %s are kept when it does, also where the runner is gone by then',
  async (when) => {
    const { db } = database;
    const [runId, lines] = [newId(), ['one', 'two', 'three']];
    const name = workloadName(runId, 1);
    let isToFail = true;
    const failFrom = (moment: string) => async () => {
      if (!isToFail || moment !== when) return;
      isToFail = false;
      await takeAway();
    };
    const runner = runnerOf(name, lines, failFrom('before an object is written'));
    const { objects, store } = bucket(failFrom('once it is written'));
    const [holder, other] = [heardLog(), heardLog()];
    const parts = { db, manager: runner.manager, store, root: 's3://logs', log: holder.log, flushAfter: 100 };
    await openArchive(db, { runId, number: 1 });
    const refused = holder.next('what is kept of a log was not written down; it is tried again');
    const archivers = [startLogArchiver(parts)];
    await refused;
    runner.delete();
    archivers.push(startLogArchiver({ ...parts, log: other.log }));
    await other.next('it was not looked for logs to keep');
    // Now the other one looks before the holder renews.
    await holder.next('the claims of logs were not renewed');
    await giveBack();
    await untilComplete(runId);
    for (const archiver of archivers) await archiver.stop();
    const kept: string[] = [];
    for await (const { message } of createArchivedLogReader(parts)(name, {})) kept.push(message);
    expect(kept).toEqual(lines);
    expect(objects.size).toBe(1);
  },
);

test('a replica that stops waits for no bucket that hangs: another one keeps the log again, once', async () => {
  const { db } = database;
  const [runId, lines] = [newId(), ['one', 'two', 'three']];
  const name = workloadName(runId, 1);
  const runner = runnerOf(name, lines, async () => undefined);
  const { objects, store } = bucket(async () => undefined);
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const hanging: Pick<ArtifactStore, 'write'> = {
    async write(uri, bytes) {
      asked.resolve();
      await answer.promise;
      await store.write(uri, bytes);
    },
  };
  const log = pino({ level: 'silent' });
  const parts = { db, manager: runner.manager, store, root: 's3://logs', log, flushAfter: 100, stopPatience: 100 };
  await openArchive(db, { runId, number: 1 });
  const archiver = startLogArchiver({ ...parts, store: { ...store, ...hanging } });
  await asked.promise;
  await archiver.stop();
  expect(objects.size).toBe(0);
  const other = startLogArchiver(parts);
  while (objects.size === 0) await sleep(50);
  // What the first one wrote in the end counts for nothing.
  answer.resolve();
  runner.delete();
  await untilComplete(runId);
  await other.stop();
  const kept: string[] = [];
  for await (const { message } of createArchivedLogReader(parts)(name, {})) kept.push(message);
  expect(kept).toEqual(lines);
});
