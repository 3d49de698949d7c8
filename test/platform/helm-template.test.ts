import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { App, Yaml } from 'cdk8s';
import { parse, parseAllDocuments } from 'yaml';
import { toSettings } from '../../charts-ts/src/load-values.ts';
import { ServerChart } from '../../charts-ts/src/server-chart.ts';

/** The Helm chart beside `cdk8s synth`, without a cluster: one values file gives the same by both. `ZENML_TEST_HELM`. */
const run = promisify(execFile);
const program = process.env['ZENML_TEST_HELM'] ?? 'helm';
const helm = async (...args: string[]) => (await run(program, args)).stdout;

const directory = mkdtempSync(join(tmpdir(), 'charts-helm-template-'));
const chart = join(directory, 'chart');
const WORKLOADS = 'ZENML_KUBERNETES_WORKLOAD_MANAGER_';

before(async () => {
  await run(process.execPath, ['charts-ts/generate-helm.ts'], { env: { ...process.env, ZENML_HELM_OUTDIR: chart } });
});

after(() => rmSync(directory, { recursive: true }));

function fileOf(values: unknown): string {
  const path = join(mkdtempSync(join(directory, 'values-')), 'values.json');
  writeFileSync(path, JSON.stringify(values));
  return path;
}

type Manifests = Record<string, unknown>;

interface Metadata {
  name: string;
  namespace?: string;
  annotations?: unknown;
}

/** Helm replaces the Job, under one name and as a hook; a manifest's name follows from what it does. */
function forHelmAlone(metadata: Metadata): void {
  metadata.name = metadata.name.replace(/-[0-9a-f]{10}$/, '');
  delete metadata.annotations;
}

function byName(text: string): Manifests {
  const all: Manifests = {};
  for (const document of parseAllDocuments(text)) {
    const manifest: { kind: string; metadata: Metadata } | null = document.toJS();
    if (manifest === null) continue;
    if (manifest.kind === 'Job') forHelmAlone(manifest.metadata);
    const name = `${manifest.kind} ${manifest.metadata.namespace ?? ''}/${manifest.metadata.name}`;
    assert.ok(!(name in all), `${name} is there twice`);
    all[name] = manifest;
  }
  return all;
}

function synthesize(values: object): Manifests {
  const chart = new ServerChart(new App(), toSettings(values));
  return byName(Yaml.stringify(...chart.toJson()));
}

const everything = {
  namespace: 'production',
  zenml: { environment: { ZENML_SERVER_MAX_CONCURRENT_TEMPLATE_RUNS: 10, ZENML_ANALYTICS_OPT_IN: true } },
  server: {
    image: {
      repository: 'registry.example.com/server',
      tag: '1.10',
      digest: `sha256:${'0123456789abcdef'.repeat(4)}`,
      pullPolicy: 'Always',
      pullSecrets: ['registry', 'other'],
    },
    replicas: 3,
    environment: {
      ZENML_ANALYTICS_OPT_IN: false,
      ZENML_SERVER_METADATA: '{"text": "<a> & \\"b\\" – ünï"}',
      [`${WORKLOADS}BUILD_RUNNER_IMAGE`]: 'true',
      [`${WORKLOADS}DOCKER_REGISTRY`]: 'registry.example.com',
      [`${WORKLOADS}TTL_SECONDS_AFTER_FINISHED`]: 86400,
      ZENML_WORKSPACE_BUILDER_UNCONFINED: true,
    },
    serviceAccount: { name: 'server', annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/server' } },
    resources: { requests: { cpu: '2' }, limits: { cpu: '4', memory: '2Gi' } },
    nodeSelector: { 'node-pool': 'zenml', 'example.com/ssd': 'true' },
    tolerations: [
      { key: 'node-pool', operator: 'Equal', value: 'zenml', effect: 'NoSchedule' },
      { key: 'spot', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 },
    ],
    certificateAuthorities: { configMap: 'authorities.internal', key: 'bundle.pem' },
    userId: 1000,
    drainDelaySeconds: 0,
    shutdownTimeoutSeconds: 60,
  },
  secret: { name: 'from-store', externalSecret: { storeName: 'vault', key: 'zenml/production' } },
  ingress: {
    host: 'zenml.example.com',
    tlsSecret: 'certificate',
    className: 'nginx',
    annotations: { 'nginx.ingress.kubernetes.io/proxy-body-size': '64m' },
  },
  gateway: {
    host: 'gateway.example.com',
    gatewayName: 'public',
    gatewayNamespace: 'infrastructure',
    sectionName: 'tls',
    annotations: { note: 'yes' },
  },
  migration: { mode: 'job', secret: 'owner', timeoutSeconds: 100, ttlSecondsAfterFinished: 0 },
  autoscaling: { maxReplicas: 9, cpuPercent: 50, memoryPercent: 60 },
  runners: {
    namespace: 'runs',
    serviceAccount: 'runner',
    serviceAccountAnnotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/runner' },
    imagePullSecrets: ['registry'],
    quota: { pods: '7' },
    defaultRequest: { cpu: '1' },
    defaultLimit: { cpu: '2', memory: '3Gi' },
  },
  networkPolicy: {
    clients: ['10.0.0.0/8', '192.168.0.0/16'],
    database: ['10.20.0.0/16'],
    databasePort: 3307,
    kubernetesApiPorts: [8443, 443],
    clientNamespaces: ['ingress-nginx', 'gateways'],
    furtherPorts: [5000, 443, 6379],
    cloudIdentity: 'aws',
    monitoringNamespace: 'observability',
  },
  monitoring: { enabled: true, labels: { release: 'prometheus', 'app.kubernetes.io/part-of': 'platform' } },
};

const nothing = {
  createNamespaces: false,
  server: { replicas: 1, resources: { requests: {}, limits: {} } },
  autoscaling: { enabled: false },
  runners: { quota: {}, defaultRequest: {}, defaultLimit: {} },
  networkPolicy: { enabled: false },
};

const examples = readdirSync('examples').flatMap((name): [string, object][] => {
  const path = join('examples', name, 'values.yaml');
  return existsSync(path) ? [[path, parse(readFileSync(path, 'utf8'))]] : [];
});

for (const [title, values] of [
  ['nothing is given', {}],
  ['everything is given', everything],
  ['everything is switched off', nothing],
  ['only pods of one namespace are clients', { networkPolicy: { clientNamespaces: ['ingress-nginx'] } }],
  [
    'an account is bound to one of Google’s, and images are built',
    {
      server: {
        serviceAccount: { annotations: { 'iam.gke.io/gcp-service-account': 's@p.iam.gserviceaccount.com' } },
        environment: {
          [`${WORKLOADS}BUILD_RUNNER_IMAGE`]: 'Yes',
          [`${WORKLOADS}DOCKER_REGISTRY`]: 'registry.example.com',
        },
      },
    },
  ],
  [
    'the certificate comes from the cloud',
    {
      ingress: {
        host: 'zenml.example.com',
        annotations: { 'alb.ingress.kubernetes.io/listen-ports': '[{"HTTPS":443}]' },
      },
    },
  ],
  ['a route of a Gateway is given', { gateway: { host: 'gateway.example.com', gatewayName: 'public' } }],
  [
    'a store of secrets is named',
    { secret: { externalSecret: { storeName: 's', storeKind: 'SecretStore', key: 'k' } } },
  ],
  ['a Job migrates the database', { migration: { mode: 'job' } }],
  ['authorities are named', { server: { certificateAuthorities: { configMap: 'authorities' } } }],
  [
    'the environment names the runners',
    { zenml: { environment: { [`${WORKLOADS}NAMESPACE`]: 'runs', [`${WORKLOADS}SERVICE_ACCOUNT`]: 'runner' } } },
  ],
  ...examples,
] as [string, { namespace?: string }][]) {
  test(`the templates give what the synthesis gives: ${title}`, async () => {
    const namespace = ['--namespace', 'elsewhere', '--set', `namespace=${values.namespace ?? 'zenml'}`];
    const expected = synthesize(values);
    const given = byName(await helm('template', 'zenml', chart, '--values', fileOf(values), ...namespace));
    assert.deepEqual(Object.keys(given).sort(), Object.keys(expected).sort());
    for (const [name, manifest] of Object.entries(expected)) assert.deepEqual(given[name], manifest, name);
  });
}

test('without a name the server’s namespace is that of the release, which Helm makes', async () => {
  const given = byName(await helm('template', 'zenml', chart, '--namespace', 'release'));
  assert.deepEqual(
    Object.keys(given).filter((name) => name.startsWith('Namespace')),
    ['Namespace /zenml-workspace-namespace'],
  );
  assert.ok('Deployment release/zenml-workspace-server' in given);
});

test('the Job that migrates runs before all else, where what it needs is there by then', async () => {
  const job = { migration: { mode: 'job' } };
  const store = { ...job, secret: { externalSecret: { storeName: 'store', key: 'zenml' } } };
  const hookOf = async (values: object, ...args: string[]) => {
    const all = ['template', 'zenml', chart, '--namespace', 'release', '--values', fileOf(values), ...args];
    return /helm\.sh\/hook: (.*)/.exec(await helm(...all))?.[1];
  };
  assert.equal(await hookOf(job), 'pre-install,pre-upgrade');
  assert.equal(await hookOf(store), undefined);
  assert.equal(await hookOf({ ...job, namespace: 'made' }), undefined);
  assert.equal(await hookOf(store, '--is-upgrade'), 'pre-install,pre-upgrade');
});

test('Helm finds nothing to complain about', async () => {
  for (const values of [{}, everything, nothing]) {
    assert.match(await helm('lint', '--strict', chart, '--values', fileOf(values)), /0 chart\(s\) failed/);
  }
});

for (const [title, values, message] of [
  ['a wrong type', { server: { replicas: 'two' } }, /server\.replicas: .*integer/],
  ['an unknown key', { server: { replica: 2 } }, /server: .*replica/],
  ['a missing value', { gateway: { host: 'a.example.com' } }, /gateway: gatewayName is required/],
  ['no certificate', { ingress: { host: 'a.example.com' } }, /ingress\.tlsSecret: is missing; name the Secret/],
  ['the server’s namespace', { runners: { namespace: 'zenml' } }, /runners\.namespace: .*name another one/],
  ['no replicas', { server: { replicas: 0 } }, /server\.replicas: .*1/],
  ['a maximum under the minimum', { autoscaling: { maxReplicas: 1 } }, /autoscaling\.maxReplicas: .*raise it to 2/],
  [
    'an unknown variable',
    { server: { environment: { ZENML_SERVER_AUTH_SCHEM: 'NO_AUTH' } } },
    /server\.environment\.ZENML_SERVER_AUTH_SCHEM: is unknown/,
  ],
  [
    'a variable that is not JSON',
    { server: { environment: { [`${WORKLOADS}TOLERATIONS`]: '[{' } } },
    /server\.environment\.ZENML_KUBERNETES_WORKLOAD_MANAGER_TOLERATIONS: is not JSON/,
  ],
  [
    'a secret in the open',
    { zenml: { environment: { ZENML_STORE_URL: 'mysql://u:p@db/zenml' } } },
    /server\.environment\.ZENML_STORE_URL: is a secret/,
  ],
  [
    'two names of one namespace',
    { runners: { namespace: 'one' }, server: { environment: { [`${WORKLOADS}NAMESPACE`]: 'other' } } },
    /NAMESPACE: other is not what runners names \(one\)/,
  ],
] as const) {
  test(`values that cannot work are refused with their path: ${title}`, async () => {
    await assert.rejects(helm('template', 'zenml', chart, '--namespace', 'zenml', '--values', fileOf(values)), message);
  });
}
