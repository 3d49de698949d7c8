import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadConfig } from '../config/config.ts';
import { createEmptyTestDatabase } from '../database/testing/test-database.ts';
import { startServer } from '../start.ts';
import { startExamination } from './examination.ts';
import type { Finding } from './manager.ts';

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; !(await isSo()); tries++) {
    if (tries === 400) throw new Error(`not within 20 s: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const ERROR: Finding = { severity: 'error', problem: 'no cluster', fix: 'wait' };
const WARNING: Finding = { severity: 'warning', problem: 'no events', fix: 'allow them' };

/** What finds these things one after the other, and nothing in the end. */
function examineAs(answers: readonly (readonly Finding[] | Error)[]) {
  const left = [...answers];
  const examine = async () => {
    const answer = left.shift() ?? [];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { examine, left };
}

test('what is wrong is looked at again until it is mended, said once, and then left alone', async () => {
  const { examine, left } = examineAs([[ERROR], [ERROR, WARNING], new Error('odd'), [WARNING], [ERROR]]);
  const told: string[] = [];
  const pace = { firstPause: 1, freshFor: 60_000 };
  const examination = startExamination([examine], ({ problem }) => told.push(problem), pace);
  await until(() => left.length === 1);
  await until(async () => (await examination.listProblems()).join() === 'warning: no events');
  examination.lookAgain();
  expect(told).toEqual(['no cluster', 'no events', 'Whether runs can be started is not known: odd.', 'no events']);
  expect(left).toHaveLength(1);
});

test('what was found long ago is examined anew for who wants to know, and where a launch fails', async () => {
  const { examine, left } = examineAs([[WARNING], [], [ERROR], []]);
  const told: string[] = [];
  const pace = { firstPause: 1, freshFor: 0 };
  const examination = startExamination([examine], ({ problem }) => told.push(problem), pace);
  expect(await examination.listProblems()).toEqual(['warning: no events']);
  expect(await examination.listProblems()).toEqual([]);
  await until(() => {
    examination.lookAgain();
    return left.length === 0;
  });
  expect(told).toEqual(['no events', 'no cluster']);
});

test('a server whose cluster does not answer is ready, and says what is wrong once it is known', async () => {
  const sockets = new Set<Socket>();
  const cluster = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(cluster, 'listening');
  const address = cluster.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const directory = mkdtempSync(join(tmpdir(), 'silent-cluster-'));
  const database = await createEmptyTestDatabase();
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [
        { name: 'silent', cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
      ],
      users: [{ name: 'server', user: { token: 'token' } }],
      contexts: [{ name: 'silent', context: { cluster: 'silent', user: 'server' } }],
      'current-context': 'silent',
    }),
  );
  try {
    const config = loadConfig({
      ZENML_STORE_URL: database.url,
      ZENML_SERVER_JWT_SECRET_KEY: 'key',
      ZENML_SERVER_SERVER_URL: 'http://server.example',
      ZENML_WORKSPACE_HOST: '127.0.0.1',
      ZENML_WORKSPACE_PORT: '0',
      KUBECONFIG: kubeconfig,
      ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE:
        'zenml_cloud_plugins.kubernetes_workload_manager.KubernetesWorkloadManager',
      ZENML_KUBERNETES_WORKLOAD_MANAGER_NAMESPACE: 'runners',
      ZENML_KUBERNETES_WORKLOAD_MANAGER_SERVICE_ACCOUNT: 'runner',
    });
    const server = await startServer(config, pino({ level: 'silent' }));
    try {
      const ready = async () => (await fetch(`${server.url}/ready?verbose`)).text();
      expect(await ready()).toMatch(/^ok\nwarning: .* not been examined yet/);
      cluster.close();
      for (const socket of sockets) socket.destroy();
      await until(async () => /^ok\nerror: The cluster at .* does not answer/.test(await ready()));
    } finally {
      await server.stop();
    }
  } finally {
    await database.drop();
    rmSync(directory, { recursive: true, force: true });
  }
});
