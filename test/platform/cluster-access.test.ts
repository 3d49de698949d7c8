import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { allows, type NetworkPolicy, type Packet } from './network-policy.ts';

/** The manifests on a real API server, whose kubeconfig `KUBECONFIG` names. */
const run = promisify(execFile);
const kubectl = async (...args: string[]) => (await run('kubectl', args)).stdout;

const SERVER = 'charts-test-server';
const RUNNERS = 'charts-test-runners';
const SERVER_ACCOUNT = `system:serviceaccount:${SERVER}:zenml-workspace-server`;
const RUNNER_ACCOUNT = `system:serviceaccount:${RUNNERS}:zenml-workspace-service-account`;

const ALLOWED = [
  ...['create', 'get', 'list', 'watch', 'delete', 'deletecollection'].map((verb) => [verb, 'jobs.batch']),
  ...['get', 'list', 'watch'].map((verb) => [verb, 'pods']),
  ['get', 'pods/log'],
  ['list', 'events'],
  ...['create', 'get', 'delete'].map((verb) => [verb, 'secrets']),
];
const FORBIDDEN = [
  ['create', 'pods'],
  ['delete', 'pods'],
  ['create', 'pods/exec'],
  ['list', 'secrets'],
  ['update', 'jobs.batch'],
  ['patch', 'jobs.batch'],
  ['create', 'roles.rbac.authorization.k8s.io'],
  ['create', 'serviceaccounts/token'],
];

const directory = mkdtempSync(join(tmpdir(), 'charts-cluster-'));
let manifests: string;

async function may(account: string, namespace: string, [verb = '', resource = '']: string[]): Promise<boolean> {
  const question = ['auth', 'can-i', verb, resource, '--as', account, '-n', namespace];
  // It answers "no" with exit code 1.
  const { stdout } = await run('kubectl', question).catch((error: { stdout: string }) => error);
  assert.match(stdout, /^(yes|no)/, question.join(' '));
  return stdout.startsWith('yes');
}

/** @returns the path of the manifests */
function synthesize(name: string, more: object): string {
  const values = join(directory, `${name}.json`);
  writeFileSync(
    values,
    JSON.stringify({
      namespace: SERVER,
      runners: { namespace: RUNNERS },
      networkPolicy: { clients: ['10.0.0.0/8'], database: ['10.20.0.0/16'] },
      ...more,
    }),
  );
  const out = join(directory, name);
  const env = { ...process.env, ZENML_CHART_VALUES: values, CDK8S_OUTDIR: out };
  const synth = spawnSync(process.execPath, ['charts-ts/main.ts'], { env, encoding: 'utf8' });
  assert.equal(synth.status, 0, synth.stderr);
  return join(out, 'zenml-workspace-server.yaml');
}

before(() => {
  manifests = synthesize('applied', { autoscaling: { enabled: false } });
});

after(async () => {
  await kubectl('delete', '-f', manifests, '--wait=false', '--ignore-not-found');
  rmSync(directory, { recursive: true });
});

test('the API server accepts every manifest, and the namespace’s Pod Security Standard the server’s pods', async () => {
  const { stderr } = await run('kubectl', ['apply', '--server-side', '-f', manifests]);
  assert.doesNotMatch(stderr, /would violate/);
  assert.match(await kubectl('get', 'namespace', SERVER, '--show-labels'), /enforce=restricted/);
  // A pod that the standard refuses is never made.
  await kubectl('wait', '-n', SERVER, '--for=jsonpath={.status.replicas}=2', 'deployment', '--all', '--timeout=60s');
  const pods = await kubectl('get', 'pods', '-n', SERVER, '-o', 'name');
  assert.equal(pods.trim().split('\n').length, 2);
});

test('it accepts each kind that is only made where it is asked for, by the definition of who serves it', async () => {
  await kubectl('apply', '--server-side', '-f', process.env['ZENML_TEST_CRDS'] ?? assert.fail('set ZENML_TEST_CRDS'));
  await kubectl('wait', '--for=condition=established', 'crd', '--all', '--timeout=30s');
  const everything = synthesize('everything', {
    secret: { externalSecret: { storeName: 'vault', key: 'zenml' } },
    ingress: { host: 'zenml.example.com', tlsSecret: 'certificate', className: 'nginx', annotations: { a: 'b' } },
    gateway: { host: 'zenml.example.com', gatewayName: 'public', gatewayNamespace: 'infrastructure' },
    migration: { mode: 'job' },
    server: {
      image: { digest: `sha256:${'a'.repeat(64)}` },
      environment: {
        ZENML_KUBERNETES_WORKLOAD_MANAGER_BUILD_RUNNER_IMAGE: true,
        ZENML_KUBERNETES_WORKLOAD_MANAGER_DOCKER_REGISTRY: 'registry.example.com',
      },
      nodeSelector: { pool: 'zenml' },
      tolerations: [{ key: 'pool', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }],
      certificateAuthorities: { configMap: 'authorities' },
    },
    networkPolicy: { clientNamespaces: ['ingress-nginx'], furtherPorts: [5000], cloudIdentity: 'aws' },
    monitoring: { enabled: true, labels: { release: 'prometheus' } },
  });
  const args = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict', '-o', 'name'];
  const accepted = await kubectl(...args, '-f', everything);
  for (const kind of [
    'externalsecret',
    'ingress',
    'httproute',
    'horizontalpodautoscaler',
    'job',
    'networkpolicy',
    'servicemonitor',
    'prometheusrule',
  ])
    assert.match(accepted, new RegExp(`^${kind}\\.`, 'm'));
});

test('the server may do what it needs in the namespace of the runners, and nothing else', async () => {
  for (const right of ALLOWED) assert.ok(await may(SERVER_ACCOUNT, RUNNERS, right), `not allowed: ${right.join(' ')}`);
  for (const right of FORBIDDEN) assert.ok(!(await may(SERVER_ACCOUNT, RUNNERS, right)), `allowed: ${right.join(' ')}`);
  for (const right of [...ALLOWED, ...FORBIDDEN]) {
    assert.ok(!(await may(SERVER_ACCOUNT, SERVER, right)), `allowed in its own namespace: ${right.join(' ')}`);
  }
});

test('runners may do nothing', async () => {
  for (const right of [...ALLOWED, ...FORBIDDEN]) {
    assert.ok(!(await may(RUNNER_ACCOUNT, RUNNERS, right)), `allowed: ${right.join(' ')}`);
  }
});

const [client, database, internet] = ['10.1.2.3', '10.20.30.40', '203.0.113.9'];
const serverPods = { namespace: SERVER, labels: { 'app.kubernetes.io/name': 'zenml-workspace-server' } };

/** The connections that ZenML documents for a workspace server, each as a packet. */
const DOCUMENTED: [string, Packet][] = [
  ['in from clients of the SDK', { direction: 'in', address: client, port: 8080 }],
  ['in from the dashboard', { direction: 'in', address: client, port: 8080 }],
  ['in from pods of an orchestrator', { direction: 'in', pod: { namespace: RUNNERS, labels: {} }, port: 8080 }],
  ['out to the database', { direction: 'out', address: database, port: 3306 }],
  ['out to the control plane', { direction: 'out', address: internet, port: 443 }],
  ['out to a backend of secrets', { direction: 'out', address: internet, port: 443 }],
  ['out to an artifact store', { direction: 'out', address: internet, port: 443 }],
  ['out to the Kubernetes API', { direction: 'out', address: client, port: 443 }],
  ['out to the Kubernetes API, on its own port', { direction: 'out', address: client, port: 6443 }],
];
/** What it takes besides. */
const NEEDED: [string, Packet][] = [
  ['out to DNS', { direction: 'out', address: client, port: 53, protocol: 'UDP' }],
  ['in from Prometheus', { direction: 'in', pod: { namespace: 'monitoring', labels: {} }, port: 9090 }],
];
const UNDOCUMENTED: [string, Packet][] = [
  ['in from elsewhere', { direction: 'in', address: internet, port: 8080 }],
  ['in from other namespaces', { direction: 'in', pod: { namespace: 'default', labels: {} }, port: 8080 }],
  ['clients to the metrics', { direction: 'in', address: client, port: 9090 }],
  ['a database elsewhere', { direction: 'out', address: internet, port: 3306 }],
  ['another port of the database', { direction: 'out', address: database, port: 22 }],
  ['HTTP without TLS', { direction: 'out', address: internet, port: 80 }],
  ['mail', { direction: 'out', address: internet, port: 25 }],
  ['QUIC', { direction: 'out', address: internet, port: 443, protocol: 'UDP' }],
];

async function policyIn(namespace: string): Promise<NetworkPolicy> {
  const { items } = JSON.parse(await kubectl('get', 'networkpolicies', '-n', namespace, '-o', 'json'));
  assert.equal(items.length, 1, namespace);
  return items[0];
}

test('the policies let the documented connections through, and no others', async () => {
  const server = await policyIn(SERVER);
  assert.deepEqual(server.spec.podSelector.matchLabels, serverPods.labels);
  for (const [what, packet] of [...DOCUMENTED, ...NEEDED]) assert.ok(allows(server, packet), `kept out: ${what}`);
  for (const [what, packet] of UNDOCUMENTED) assert.ok(!allows(server, packet), `let through: ${what}`);
});

test('runners reach the server and what speaks TLS, no database, and are reached by nobody', async () => {
  const runners = await policyIn(RUNNERS);
  assert.deepEqual(runners.spec.podSelector, {}, 'all pods of the namespace');
  assert.ok(allows(runners, { direction: 'out', pod: serverPods, port: 8080 }));
  assert.ok(allows(runners, { direction: 'out', address: internet, port: 443 }));
  assert.ok(!allows(runners, { direction: 'out', pod: { ...serverPods, labels: {} }, port: 8080 }));
  assert.ok(!allows(runners, { direction: 'out', address: database, port: 3306 }));
  for (const port of [80, 443, 8080, 9090])
    assert.ok(!allows(runners, { direction: 'in', address: client, port }), `${port}`);
});
