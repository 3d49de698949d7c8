import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadConfig } from './config/config.ts';
import { LOCAL_MANAGER } from './config/workload-config.ts';
import { fromDatabaseId, newId } from './database/ids.ts';
import { createManager } from './launching.ts';
import { testWorkload } from './testing/test-workloads.ts';

const directory = mkdtempSync(join(tmpdir(), 'shared-runners-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function managerOf(serverId: string) {
  const { workloads } = loadConfig({
    ZENML_STORE_URL: 'mysql://unused:unused@127.0.0.1/nothing',
    ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE: LOCAL_MANAGER,
    ZENML_WORKSPACE_LOCAL_PYTHON: '/bin/sh',
    ZENML_WORKSPACE_LOCAL_DIRECTORY: directory,
  });
  const builders = { find: async () => [], isAwaited: async () => false };
  const manager = await createManager(workloads, serverId, pino({ level: 'silent' }), builders);
  if (!manager) throw new Error('no manager');
  await manager.start();
  return manager;
}

test('servers that share a directory see their own runners only, also after a restart', async () => {
  const [own, other] = [fromDatabaseId(newId()), fromDatabaseId(newId())];
  const name = 'zenml-run-of-own';
  const first = await managerOf(own);
  await first.launch(testWorkload(name, fromDatabaseId(newId()), 'sleep 60'));
  await first.stop();
  const [restarted, stranger] = [await managerOf(own), await managerOf(other)];
  try {
    const names = async (manager: typeof first) => (await manager.list()).map((status) => status.name);
    expect([await names(restarted), await names(stranger)]).toEqual([[name], []]);
  } finally {
    await restarted.remove(name);
    await Promise.all([restarted.stop(), stranger.stop()]);
  }
});
