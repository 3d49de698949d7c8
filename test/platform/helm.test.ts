import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';

/** The Helm chart: linted, equal to the manifests, installed on a real cluster. `KUBECONFIG`, `ZENML_TEST_HELM`. */
const run = promisify(execFile);
const program = process.env['ZENML_TEST_HELM'] ?? 'helm';
const NAMESPACE = 'helm-server';
const RUNNERS = 'helm-runners';

const directory = mkdtempSync(join(tmpdir(), 'charts-helm-'));
const chart = join(directory, 'chart');
const values = join(directory, 'values.json');

const environment = {
  ZENML_KUBERNETES_WORKLOAD_MANAGER_NAMESPACE: RUNNERS,
  ZENML_KUBERNETES_WORKLOAD_MANAGER_NODE_SELECTOR: '{"node-pool": "zenml-pool"}',
  ZENML_SERVER_MAX_CONCURRENT_TEMPLATE_RUNS: 10,
};

const helm = async (...args: string[]) => (await run(program, args)).stdout;
const kubectl = async (...args: string[]) => (await run('kubectl', args)).stdout;

before(async () => {
  writeFileSync(values, JSON.stringify({ server: { environment } }));
  const env = { ...process.env, ZENML_HELM_OUTDIR: chart };
  await run(process.execPath, ['charts-ts/generate-helm.ts'], { env });
});

after(async () => {
  await run(program, ['uninstall', 'zenml', '--namespace', NAMESPACE, '--ignore-not-found']);
  await kubectl('delete', 'namespace', NAMESPACE, RUNNERS, '--ignore-not-found', '--wait=false');
  rmSync(directory, { recursive: true });
});

interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** By kind and name, without what is only there for one of them. */
function byName(text: string): Map<string, Manifest> {
  const documents = parseAllDocuments(text).map((document): Manifest | null => document.toJS());
  return new Map(
    documents.flatMap((manifest) =>
      manifest ? [[`${manifest.kind} ${manifest.metadata.namespace ?? ''}/${manifest.metadata.name}`, manifest]] : [],
    ),
  );
}

test('Helm finds nothing to complain about', async () => {
  assert.match(await helm('lint', '--strict', chart, '--values', values), /0 chart\(s\) failed/);
});

test('the templates give what the synthesis gives', async () => {
  const synthesized = join(directory, 'synthesized.json');
  const same = { namespace: NAMESPACE, createNamespaces: false, autoscaling: { enabled: false } };
  writeFileSync(synthesized, JSON.stringify({ ...same, server: { environment } }));
  const env = { ...process.env, ZENML_CHART_VALUES: synthesized, CDK8S_OUTDIR: directory };
  await run(process.execPath, ['charts-ts/main.ts'], { env });
  const expected = byName(readFileSync(join(directory, 'zenml-workspace-server.yaml'), 'utf8'));
  const given = byName(await helm('template', 'zenml', chart, '--namespace', NAMESPACE, '--values', values));
  assert.deepEqual([...given.keys()].sort(), [...expected.keys()].sort());
  // The checksum of the environment is computed in another way, and no annotations are written as an empty map.
  const comparable = (manifest: Manifest | undefined) =>
    JSON.parse(
      JSON.stringify(manifest)
        .replace(/("zenml\.io\/environment":")\w+/, '$1')
        .replace(/"annotations":\{\},?/, ''),
    );
  for (const [name, manifest] of expected) assert.deepEqual(comparable(given.get(name)), comparable(manifest), name);
});

test('it is installed, and upgraded in place', async () => {
  await kubectl('create', 'namespace', RUNNERS);
  const common = [chart, '--namespace', NAMESPACE, '--values', values];
  await helm('install', 'zenml', ...common, '--create-namespace');
  const replicas = 'jsonpath={.items[*].spec.replicas}';
  assert.equal(await kubectl('get', 'deployments', '-n', NAMESPACE, '-o', replicas), '2');
  assert.match(await kubectl('get', 'roles', '-n', RUNNERS, '-o', 'name'), /zenml-workspace-server/);
  await helm('upgrade', 'zenml', ...common, '--set', 'server.replicas=3');
  assert.equal(await kubectl('get', 'deployments', '-n', NAMESPACE, '-o', replicas), '3');
});

test('values that cannot work are refused, and nothing is installed', async () => {
  for (const [wrong, message] of [
    ['server.replicas=0', /server\.replicas|minimum/],
    ['server.replica=2', /replica/],
    ['server.environment.ZENML_STORE_URL=mysql://u:p@h/d', /is a secret/],
  ] as const) {
    await assert.rejects(helm('template', 'zenml', chart, '--values', values, '--set', wrong), message);
  }
});
