import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

/** The Helm chart, installed on a real cluster. `KUBECONFIG`, `ZENML_TEST_HELM`. */
const run = promisify(execFile);
const program = process.env['ZENML_TEST_HELM'] ?? 'helm';
const NAMESPACE = 'helm-server';
const RUNNERS = 'helm-runners';

const directory = mkdtempSync(join(tmpdir(), 'charts-helm-'));
const chart = join(directory, 'chart');
const file = join(directory, 'values.json');
const withIngress = join(directory, 'with-ingress.json');

const values = {
  server: {
    environment: {
      ZENML_KUBERNETES_WORKLOAD_MANAGER_NAMESPACE: RUNNERS,
      ZENML_KUBERNETES_WORKLOAD_MANAGER_NODE_SELECTOR: '{"node-pool": "zenml-pool"}',
      ZENML_SERVER_MAX_CONCURRENT_TEMPLATE_RUNS: 10,
    },
  },
  autoscaling: { enabled: false },
};

const helm = async (...args: string[]) => (await run(program, args)).stdout;
const kubectl = async (...args: string[]) => (await run('kubectl', args)).stdout;

before(async () => {
  writeFileSync(file, JSON.stringify(values));
  writeFileSync(withIngress, JSON.stringify({ ...values, ingress: { host: 'zenml.example.com', tlsSecret: 'tls' } }));
  const env = { ...process.env, ZENML_HELM_OUTDIR: chart };
  await run(process.execPath, ['charts-ts/generate-helm.ts'], { env });
});

after(async () => {
  await run(program, ['uninstall', 'zenml', '--namespace', NAMESPACE, '--ignore-not-found']);
  await kubectl('delete', 'namespace', NAMESPACE, RUNNERS, '--ignore-not-found', '--wait=false');
  rmSync(directory, { recursive: true });
});

test('it is installed with the namespace of the runners, and upgraded in place', async () => {
  const common = [chart, '--namespace', NAMESPACE, '--values', file];
  await helm('install', 'zenml', ...common, '--values', withIngress, '--create-namespace');
  const replicas = 'jsonpath={.items[*].spec.replicas}';
  assert.equal(await kubectl('get', 'deployments', '-n', NAMESPACE, '-o', replicas), '2');
  for (const kind of ['roles', 'resourcequotas', 'limitranges', 'networkpolicies'])
    assert.match(await kubectl('get', kind, '-n', RUNNERS, '-o', 'name'), /zenml-workspace-server/);
  assert.match(await kubectl('get', 'namespace', RUNNERS, '--show-labels'), /enforce=restricted/);
  const host = 'jsonpath={.items[*].spec.tls[*].hosts[*]}';
  assert.equal(await kubectl('get', 'ingresses', '-n', NAMESPACE, '-o', host), 'zenml.example.com');

  await helm('upgrade', 'zenml', ...common, '--set', 'server.replicas=3');
  assert.equal(await kubectl('get', 'deployments', '-n', NAMESPACE, '-o', replicas), '3');
  assert.equal(await kubectl('get', 'ingresses', '-n', NAMESPACE, '-o', 'name'), '');

  await helm('upgrade', 'zenml', ...common, '--set', 'autoscaling.enabled=true');
  const bounds = 'jsonpath={.items[*].spec.minReplicas} {.items[*].spec.maxReplicas}';
  assert.equal(await kubectl('get', 'hpa', '-n', NAMESPACE, '-o', bounds), '2 6');
});

test('it is rolled back to what it was', async () => {
  await helm('rollback', 'zenml', '1', '--namespace', NAMESPACE);
  assert.equal(await kubectl('get', 'hpa', '-n', NAMESPACE, '-o', 'name'), '');
  assert.match(await kubectl('get', 'ingresses', '-n', NAMESPACE, '-o', 'name'), /zenml-workspace-server/);
});

test('values that cannot work leave the release as it is', async () => {
  const wrong = [
    'upgrade',
    'zenml',
    chart,
    '--namespace',
    NAMESPACE,
    '--values',
    file,
    '--set',
    'autoscaling.maxReplicas=1',
  ];
  await assert.rejects(
    helm(...wrong, '--set', 'autoscaling.enabled=true'),
    /autoscaling\.maxReplicas: .*raise it to 2/,
  );
  const [release] = JSON.parse(await helm('history', 'zenml', '--namespace', NAMESPACE, '--max=1', '--output=json'));
  assert.equal(release.revision, 4);
});
