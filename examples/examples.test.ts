import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { App } from 'cdk8s';
import { parse } from 'yaml';
import { readValues } from '../charts-ts/src/load-values.ts';
import { ServerChart } from '../charts-ts/src/server-chart.ts';
import { synthesize } from '../infra/src/testing.ts';
import { loadConfig } from '../server/src/config/config.ts';

const folder = new URL('./', import.meta.url);
const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));
const having = (file: string) => names.filter((name) => existsSync(new URL(`${name}/${file}`, folder)));
const read = (path: string) => readFileSync(new URL(path, folder), 'utf8');

/** In place of what only a Secret holds. */
const secret = {
  ZENML_STORE_URL: 'mysql://user:password@database/zenml',
  ZENML_SERVER_JWT_SECRET_KEY: 'key',
  ZENML_SECRETS_STORE_ENCRYPTION_KEY: 'key',
};

test('there is an example of each kind, and each says in a page what it is', () => {
  expect(names).toEqual([
    'air-gapped',
    'aws',
    'docker-compose',
    'existing-database',
    'gcp',
    'local',
    'minimal-kubernetes',
    'multi-region-read-replicas',
    'prebuilt-runner-image',
  ]);
  for (const name of names) {
    expect(read('README.md')).toContain(`(${name})`);
    expect(read(`${name}/README.md`).split('\n').length).toBeLessThan(50);
  }
});

test.each(having('values.yaml'))('%s: the manifests are made, and the server starts with their variables', (name) => {
  const settings = readValues(new URL(`${name}/values.yaml`, folder).pathname);
  const manifests: { kind: string }[] = new ServerChart(new App(), settings).toJson();
  expect(manifests.map(({ kind }) => kind)).toContain('Deployment');
  expect(loadConfig({ ...settings.variables, ...secret }).workloads.kubernetes?.namespace).toBe(
    'zenml-workspace-namespace',
  );
});

test.each(having('infra.yaml'))('%s: the stack is made, protects its data and holds no secret', (name) => {
  const { text } = synthesize(parse(read(`${name}/infra.yaml`)));
  expect(text).toContain('"prevent_destroy": true');
  expect(text).not.toMatch(/"(password|secret_string|root_password|secret_data)":/);
});

const MANAGER = 'ZENML_KUBERNETES_WORKLOAD_MANAGER_';
const minimal = {
  ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE:
    'zenml_cloud_plugins.kubernetes_workload_manager.KubernetesWorkloadManager',
  [`${MANAGER}NAMESPACE`]: 'zenml-workspace-namespace',
  [`${MANAGER}SERVICE_ACCOUNT`]: 'zenml-workspace-service-account',
};
const resources = '{"requests": {"cpu": "100m", "memory": "400Mi"}, "limits": {"memory": "700Mi"}}';
const placed = {
  [`${MANAGER}POD_RESOURCES`]: resources,
  [`${MANAGER}NODE_SELECTOR`]: '{"node-pool": "zenml-pool"}',
  [`${MANAGER}TOLERATIONS`]:
    '[{"key": "node-pool", "operator": "Equal", "value": "zenml-pool", "effect": "NoSchedule"}]',
  ZENML_SERVER_MAX_CONCURRENT_TEMPLATE_RUNS: '10',
};

test.each<[string, Record<string, string>]>([
  ['minimal-kubernetes', minimal],
  [
    'prebuilt-runner-image',
    {
      ...minimal,
      [`${MANAGER}BUILD_RUNNER_IMAGE`]: 'false',
      [`${MANAGER}RUNNER_IMAGE`]: 'internal-registry.mycompany.com/zenml/zenml:0.98.0',
      [`${MANAGER}POD_RESOURCES`]: resources,
      [`${MANAGER}TTL_SECONDS_AFTER_FINISHED`]: '86400',
      ZENML_SERVER_MAX_CONCURRENT_TEMPLATE_RUNS: '2',
    },
  ],
  [
    'aws',
    {
      ...minimal,
      ...placed,
      ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE:
        'zenml_cloud_plugins.aws_kubernetes_workload_manager.AWSKubernetesWorkloadManager',
      [`${MANAGER}BUILD_RUNNER_IMAGE`]: 'true',
      [`${MANAGER}DOCKER_REGISTRY`]: '339712793861.dkr.ecr.eu-central-1.amazonaws.com',
      [`${MANAGER}ENABLE_EXTERNAL_LOGS`]: 'true',
      ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_BUCKET: 's3://my-bucket/run-template-logs',
      ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_REGION: 'eu-central-1',
    },
  ],
  [
    'gcp',
    {
      ...minimal,
      ...placed,
      ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE:
        'zenml_cloud_plugins.gcp_kubernetes_workload_manager.GCPKubernetesWorkloadManager',
      [`${MANAGER}BUILD_RUNNER_IMAGE`]: 'true',
      [`${MANAGER}DOCKER_REGISTRY`]: 'europe-west3-docker.pkg.dev/zenml-project/zenml-snapshots/zenml',
    },
  ],
])('%s has exactly the documented variables', (name, documented) => {
  expect(readValues(new URL(`${name}/values.yaml`, folder).pathname).environment).toEqual(documented);
});

test('local: the server starts with these variables', () => {
  const lines = read('local/server.env').split('\n');
  const pairs = lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(/=(.*)/s, 2));
  expect(loadConfig({ ...Object.fromEntries(pairs), ...secret }).workloads.localPython).toBe('python3');
});

interface Composition {
  services: Record<string, { environment: Record<string, string>; build?: string; stop_grace_period?: string }>;
  volumes: object;
}

test('docker-compose: the server starts with these variables, and all that is asked for is in .env.example', () => {
  const text = read('docker-compose/compose.yaml');
  const asked = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
  const offered = [...read('docker-compose/.env.example').matchAll(/^(\w+)=/gm)].map(([, name]) => name);
  expect([...asked].sort()).toEqual(offered.sort());
  const { services, volumes }: Composition = parse(text.replace(/(?<!\$)\$\{[^}]+\}/g, 'given'));
  expect([Object.keys(services), Object.keys(volumes)]).toEqual([['database', 'server'], ['database']]);
  expect(existsSync(new URL(`docker-compose/${services['server']?.build}/Dockerfile`, folder))).toBe(true);
  const { store, process: life } = loadConfig(services['server']?.environment ?? {});
  expect(store.database).toMatchObject({ host: 'database' });
  const grace = Number.parseInt(services['server']?.stop_grace_period ?? '', 10);
  expect(grace).toBeGreaterThan(life.drainDelaySeconds + life.shutdownTimeoutSeconds);
});
