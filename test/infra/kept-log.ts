import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { Config } from '../../server/src/config/config.ts';
import { createDatabase } from '../../server/src/database/database.ts';
import { toDatabaseId } from '../../server/src/database/ids.ts';
import { testWorkload } from '../../server/src/testing/test-workloads.ts';
import { workloadName } from '../../server/src/workloads/launch.ts';
import { createLocalWorkloadManager } from '../../server/src/workloads/local/local-workload-manager.ts';
import { findArchive, openArchive } from '../../server/src/workloads/logs/archive-store.ts';
import { createArchivedLogReader } from '../../server/src/workloads/logs/archived-log.ts';
import { startLogArchiver } from '../../server/src/workloads/logs/log-archiver.ts';
import { openLogStore } from '../../server/src/workloads/logs/log-store.ts';

/** What became of a log. */
export interface KeptLog {
  /** URIs of its objects. */
  readonly objects: readonly string[];
  /** Its lines, read when nothing was left of the runner. */
  readonly lines: readonly string[];
}

/**
 * Has a configured server's log store keep what a runner logs, and reads it back when the runner is gone. The runner is a
 * process of this machine.
 * @param directory for the runner
 */
export async function keepLog({ workloads, store }: Config, script: string, directory: string): Promise<KeptLog> {
  const log = pino({ level: 'fatal' });
  const logStore = await openLogStore(workloads);
  if (!logStore) throw new Error('The configuration names no log store.');
  const manager = createLocalWorkloadManager({ python: '/bin/sh', directory }, log);
  const database = createDatabase(store.database);
  const parts = { ...logStore, db: database.db, manager, log, flushAfter: 100 };
  await manager.start();
  const archiver = startLogArchiver(parts);
  try {
    const runId = randomUUID();
    const owner = { runId: toDatabaseId(runId), number: 1 };
    const name = workloadName(runId, 1);
    await manager.launch(testWorkload(name, runId, script));
    await openArchive(database.db, owner);
    for (let tries = 0; !(await findArchive(database.db, owner))?.isComplete; tries++) {
      if (tries === 1200) throw new Error('The log is not kept within two minutes.');
      await sleep(100);
    }
    await manager.remove(name);
    const lines = [];
    for await (const { message } of createArchivedLogReader(parts)(name, {})) lines.push(message);
    const objects = [];
    for await (const { uri } of logStore.store.list(logStore.root)) objects.push(uri);
    return { objects, lines };
  } finally {
    await archiver.stop();
    await manager.stop();
    await database.destroy();
  }
}
