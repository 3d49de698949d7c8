import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examine } from './doctor.ts';
import { load } from './testing/test-config.ts';

const NOWHERE = '127.0.0.1:1';

test('without a database, a cluster and an address all three are told at once', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'doctor-'));
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'gone', cluster: { server: `https://${NOWHERE}` } }],
      users: [{ name: 'server', user: { token: 'token' } }],
      contexts: [{ name: 'gone', context: { cluster: 'gone', user: 'server' } }],
      'current-context': 'gone',
    }),
  );
  const config = load({
    KUBECONFIG: kubeconfig,
    ZENML_STORE_URL: `mysql://zen:zen@${NOWHERE}/zenml`,
    ZENML_SERVER_JWT_SECRET_KEY: 'key',
    ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE:
      'zenml_cloud_plugins.kubernetes_workload_manager.KubernetesWorkloadManager',
    ZENML_KUBERNETES_WORKLOAD_MANAGER_NAMESPACE: 'runners',
    ZENML_KUBERNETES_WORKLOAD_MANAGER_SERVICE_ACCOUNT: 'runner',
  });
  try {
    expect((await examine(config)).map(({ problem }) => problem)).toEqual([
      expect.stringMatching(/^ZENML_SERVER_SERVER_URL is not set/),
      expect.stringContaining(`connect ECONNREFUSED ${NOWHERE}`),
      expect.stringMatching(/^The cluster at .* does not answer: /),
    ]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
