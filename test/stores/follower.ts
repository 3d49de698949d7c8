import { pino } from 'pino';
import { createS3Store } from '../../server/src/artifact-stores/s3-store.ts';
import { createDatabase, type DatabaseConfig } from '../../server/src/database/database.ts';
import { createLocalWorkloadManager } from '../../server/src/workloads/local/local-workload-manager.ts';
import { startLogArchiver } from '../../server/src/workloads/logs/log-archiver.ts';

/** What a process that keeps logs, as a replica of the server does, is told in its first argument: JSON. */
export interface FollowerOptions {
  readonly database: DatabaseConfig;
  readonly endpoint: string;
  readonly root: string;
  /** Of local runners. */
  readonly directory?: string;
  /** Of a cluster, where runners are Jobs. */
  readonly kubeconfig?: string;
}

const { database, endpoint, root, directory = '', kubeconfig } = JSON.parse(process.argv[2] ?? '{}') as FollowerOptions;
const log = pino({ level: 'fatal' });
const manager =
  kubeconfig === undefined
    ? createLocalWorkloadManager({ python: '/bin/sh', directory }, log)
    : (await (await import('../cluster/workspace.ts')).startManager(kubeconfig, {})).manager;
const handle = createDatabase(database);
const credentials = { accessKeyId: 'tests', secretAccessKey: 'tests' };
const store = createS3Store({ endpoint, credentials });
/** From when on memory is compared: by then libraries are loaded, and V8 has the room that it likes to have. */
const WARM_AFTER_PARTS = 15;
let written = 0;
let before = 0;
let most = 0;
setInterval(() => {
  if (before > 0) most = Math.max(most, process.memoryUsage.rss());
}, 100).unref();
const counted: typeof store = {
  ...store,
  async write(uri, bytes) {
    await store.write(uri, bytes);
    written += 1;
    if (written === WARM_AFTER_PARTS) before = process.memoryUsage.rss();
  },
};
const archiver = startLogArchiver({ db: handle.db, manager, store: counted, root, log });
process.stdout.write('ready\n');

process.on('SIGTERM', async () => {
  await archiver.stop();
  await handle.destroy();
  process.stdout.write(`${JSON.stringify({ grownBytes: Math.max(0, most - before) })}\n`);
  process.exit(0);
});
