import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ALL_VARIABLES } from '../../server/src/config/sections.ts';
import { toSettings } from './load-values.ts';
import { WORKLOADS } from './names.ts';
import { find, synthesize, type TrafficRule } from './testing.ts';
import { valuesSchema } from './values.ts';

describe('the server’s pods', () => {
  const { spec } = find(synthesize(), 'Deployment');
  const pod = spec.template.spec;
  const [container] = pod.containers;

  test('can do no more than the Pod Security Standard "restricted" allows, and write nowhere but to /tmp', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.volumeMounts).toEqual([{ name: 'tmp', mountPath: '/tmp' }]);
  });

  test('are replaced without a gap, and have the time that draining takes', () => {
    expect(spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(40);
    expect(container.readinessProbe.httpGet.path).toBe('/ready');
    expect(container.livenessProbe.httpGet.path).toBe('/health');
  });
});

describe.each([['Deployment'], ['Job']])('the pods of the %s', (kind) => {
  const podWith = (server: object) => find(synthesize({ migration: { mode: 'job' }, server }), kind).spec.template.spec;

  test('trust the authorities that a ConfigMap holds', () => {
    const { containers, volumes } = podWith({ certificateAuthorities: { configMap: 'inside', key: 'bundle.pem' } });
    const [{ env, volumeMounts }] = containers;
    const mounted = volumes.find(({ configMap }) => configMap?.name === 'inside');
    const mount = volumeMounts.find(({ name }) => name === mounted?.name);
    const [item] = mounted?.configMap?.items ?? [];
    expect(item?.key).toBe('bundle.pem');
    expect(env).toContainEqual({ name: 'NODE_EXTRA_CA_CERTS', value: `${mount?.mountPath}/${item?.path}` });
  });

  test('are of the image that a digest names, whatever its tag', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const image = { repository: 'registry.example.com/server', tag: 'latest', digest };
    expect(podWith({ image }).containers[0].image).toBe(`registry.example.com/server@${digest}`);
  });

  test('go to the nodes that are named, and tolerate their taints', () => {
    const placed = { nodeSelector: { pool: 'zenml' }, tolerations: [{ key: 'pool', operator: 'Exists' }] };
    expect(podWith(placed)).toMatchObject(placed);
  });
});

test('the server’s role is exactly what it needs, and is the only one', () => {
  const manifests = synthesize();
  const roles = manifests
    .filter(({ kind }) => /Role/.test(kind))
    .map(({ kind, metadata }) => [kind, metadata.namespace]);
  expect(roles.sort()).toEqual([
    ['Role', 'zenml-workspace-namespace'],
    ['RoleBinding', 'zenml-workspace-namespace'],
  ]);
  const { rules } = find(manifests, 'Role', 'zenml-workspace-namespace');
  expect(rules.map(({ resources, verbs }) => `${resources}: ${verbs}`)).toEqual([
    'jobs: create,get,list,watch,delete,deletecollection',
    'pods: get,list,watch',
    'pods/log: get',
    'events: list',
    'secrets: create,get,delete',
  ]);
  const { subjects } = find(manifests, 'RoleBinding', 'zenml-workspace-namespace');
  expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'zenml-workspace-server', namespace: 'zenml' }]);
  expect(find(manifests, 'ServiceAccount', 'zenml-workspace-namespace').automountServiceAccountToken).toBe(false);
});

test('the documented connections are open, and runners reach no database', () => {
  const manifests = synthesize();
  const ports = (rules: readonly TrafficRule[]) => rules.flatMap((rule) => rule.ports.map(({ port }) => port));
  const server = find(manifests, 'NetworkPolicy').spec;
  expect([ports(server.ingress), ports(server.egress)]).toEqual([
    [8080, 9090],
    [53, 53, 3306, 443, 6443],
  ]);
  const runners = find(manifests, 'NetworkPolicy', 'zenml-workspace-namespace').spec;
  expect(runners.ingress).toBeUndefined();
  expect(ports(runners.egress)).toEqual([53, 53, 8080, 443, 6443]);
});

test('the runners’ quota bounds what runs, and does not count what has ended', () => {
  const { hard } = find(synthesize(), 'ResourceQuota', 'zenml-workspace-namespace').spec;
  expect(Object.keys(hard)).toEqual(['limits.memory', 'pods', 'requests.cpu', 'requests.memory']);
});

test('a Job that migrates stands before the Deployment, can do as little, and is not taken for a replica', () => {
  const manifests = synthesize({ migration: { mode: 'job' } });
  const kinds = manifests.map(({ kind }) => kind);
  expect(kinds.indexOf('Job')).toBeLessThan(kinds.indexOf('Deployment'));
  const { template } = find(manifests, 'Job').spec;
  expect(template.metadata.labels['app.kubernetes.io/name']).not.toBe('zenml-workspace-server');
  expect(template.spec.automountServiceAccountToken).toBe(false);
  const server = find(manifests, 'Deployment').spec.template.spec;
  expect(template.spec.securityContext).toEqual(server.securityContext);
  expect(template.spec.containers[0].securityContext).toEqual(server.containers[0].securityContext);
  expect(find(manifests, 'ConfigMap').data['DISABLE_DATABASE_MIGRATION']).toBe('true');
});

test('the Job has another name where it does something else, for a Job cannot be changed', () => {
  const nameWith = (tag: string) =>
    find(synthesize({ migration: { mode: 'job' }, server: { image: { tag } } }), 'Job').metadata.name;
  expect(nameWith('1.0.0')).toBe(nameWith('1.0.0'));
  expect(nameWith('1.0.0')).not.toBe(nameWith('1.0.1'));
});

test.each(['server', 'zenml'])(
  'the documented %s.environment carries over, and names the runners’ namespace',
  (place) => {
    const environment = {
      [`${WORKLOADS}NAMESPACE`]: 'runs',
      [`${WORKLOADS}SERVICE_ACCOUNT`]: 'runner',
      [`${WORKLOADS}NODE_SELECTOR`]: '{"node-pool": "zenml-pool"}',
      ZENML_SERVER_MAX_CONCURRENT_TEMPLATE_RUNS: 10,
    };
    const manifests = synthesize({ [place]: { environment } });
    expect(find(manifests, 'ConfigMap').data).toMatchObject({
      ...environment,
      ZENML_SERVER_MAX_CONCURRENT_TEMPLATE_RUNS: '10',
    });
    expect(find(manifests, 'Role', 'runs')).toBeDefined();
    expect(find(manifests, 'ServiceAccount', 'runs').metadata.name).toBe('runner');
  },
);

test('Ingress and Gateway route end TLS, and clients are told the public address', () => {
  const ingress = { host: 'zenml.example.com', tlsSecret: 'certificate' };
  const manifests = synthesize({ ingress, gateway: { host: 'zenml.example.com', gatewayName: 'public' } });
  expect(find(manifests, 'Ingress').spec.tls).toEqual([{ hosts: ['zenml.example.com'], secretName: 'certificate' }]);
  expect(find(manifests, 'HTTPRoute').spec.parentRefs).toEqual([{ name: 'public', sectionName: 'https' }]);
  expect(find(manifests, 'ConfigMap').data['ZENML_SERVER_SERVER_URL']).toBe('https://zenml.example.com');
});

test('an Ingress leaves TLS to the annotations that bring a certificate', () => {
  const annotations = { 'alb.ingress.kubernetes.io/certificate-arn': 'arn:aws:acm:eu-central-1:1:certificate/a' };
  const manifests = synthesize({ ingress: { host: 'zenml.example.com', className: 'alb', annotations } });
  expect(find(manifests, 'Ingress').spec.tls).toBeUndefined();
  expect(find(manifests, 'Ingress').metadata.annotations).toEqual(annotations);
  expect(find(manifests, 'ConfigMap').data['ZENML_SERVER_SERVER_URL']).toBe('https://zenml.example.com');
});

test('alerts and dashboard ask for metrics that the server has', () => {
  const source = readFileSync(new URL('../../server/src/http/metrics.ts', import.meta.url), 'utf8');
  const text = JSON.stringify(synthesize({ monitoring: { enabled: true } }));
  const names = new Set(text.match(/zenml_(http|database)_[a-z_]+/g));
  const unknown = [...names].filter((name) => !source.includes(name.replace(/_bucket$/, '')));
  expect(names.size).toBe(3);
  expect(unknown).toEqual([]);
});

test('alerts ask for this installation alone, and each is explained', () => {
  const manifests = synthesize({ namespace: 'here', monitoring: { enabled: true } });
  const { groups } = find(manifests, 'PrometheusRule', 'here').spec;
  const explained = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  for (const { alert, expr } of groups.flatMap(({ rules }) => rules)) {
    for (const metric of expr.match(/\b(zenml_\w+|up)\{[^}]*\}/g) ?? [expr])
      expect(metric).toContain('namespace="here"');
    expect(explained).toContain(`### ${alert}\n`);
  }
});

test('the JSON Schema for editors is that of the values (npm run charts:schema)', () => {
  const schema = JSON.parse(readFileSync(new URL('../values.schema.json', import.meta.url), 'utf8'));
  expect(schema).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(valuesSchema, { io: 'input' }))));
});

test('every value is described, for editors and for Helm’s values.yaml', () => {
  const undescribed = (schema: Described, path: string): string[] =>
    Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
      const inner = `${path}.${name}`;
      return child.properties ? undescribed(child, inner) : child.description ? [] : [inner];
    });
  const schema: Described = JSON.parse(JSON.stringify(z.toJSONSchema(valuesSchema, { io: 'input' })));
  expect(undescribed(schema, '')).toEqual([]);
});

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
}

describe('bad values are refused with their path and what mends them:', () => {
  test.each([
    ['a wrong type', { server: { replicas: 'two' } }, /^server\.replicas: is a text; write a number$/],
    ['a fraction', { server: { replicas: 2.5 } }, /^server\.replicas: is a number; write a whole number$/],
    ['a part that is no map', { server: { image: 'server:1' } }, /^server\.image: is a text; write a map$/],
    ['a part that is empty', { monitoring: null }, /^monitoring: is empty; write a map$/],
    ['a document that is no map', ['server'], /^values: is a list; write a map$/],
    ['a choice that there is not', { migration: { mode: 'both' } }, /^migration\.mode: .*write server or job$/],
    [
      'no address range',
      { networkPolicy: { clients: ['10.0.0.0/33'] } },
      /^networkPolicy\.clients\.0: .*10\.0\.0\.0\/16/,
    ],
    ['no quantity', { runners: { quota: { pods: 'many' } } }, /^runners\.quota\.pods: write a quantity/],
    ['an unknown key', { server: { replica: 2 } }, /^server\.replica: is not known; remove it/],
    ['a missing value', { gateway: { host: 'a.example.com' } }, /^gateway\.gatewayName: is missing; set a text$/],
    [
      'a request above the limit that runners get',
      { server: { environment: { [`${WORKLOADS}POD_RESOURCES`]: '{"requests": {"memory": "2Gi"}}' } } },
      /^server\.environment\.ZENML_KUBERNETES_WORKLOAD_MANAGER_POD_RESOURCES\.requests\.memory: 2Gi is above its limit; raise runners\.defaultLimit\.memory \(1Gi\) to 2Gi or more$/,
    ],
    [
      'a default above its limit',
      { runners: { defaultRequest: { memory: '1.5Gi' } } },
      /^runners\.defaultRequest\.memory: 1\.5Gi is above .* raise runners\.defaultLimit\.memory/,
    ],
    [
      'a request of the server above its limit',
      { server: { resources: { requests: { memory: '1025Mi' } } } },
      /^server\.resources\.requests\.memory: 1025Mi is above .* raise server\.resources\.limits\.memory/,
    ],
    [
      'a quota of what runners say nothing about',
      { runners: { defaultLimit: {} } },
      /^runners\.defaultLimit\.memory: is missing, and runners\.quota bounds limits\.memory; set it$/,
    ],
    [
      'no toleration',
      { server: { tolerations: [{ operator: 'Equal', value: 'zenml' }] } },
      /^server\.tolerations\.0: must have operator "Exists" without a key/,
    ],
    ['no digest', { server: { image: { digest: 'latest' } } }, /^server\.image\.digest: write a digest such as sha256/],
    ['no certificate', { ingress: { host: 'a.example.com' } }, /^ingress\.tlsSecret: is missing; name the Secret/],
    ['the server’s namespace', { runners: { namespace: 'zenml' } }, /^runners\.namespace: .*name another one/],
    ['no replicas', { server: { replicas: 0 } }, /^server\.replicas: at least 1 is needed/],
    ['a maximum under the minimum', { autoscaling: { maxReplicas: 1 } }, /^autoscaling\.maxReplicas: .*raise it to 2/],
    [
      'a variable that the server does not know',
      { server: { environment: { ZENML_SERVER_AUTH_SCHEM: 'NO_AUTH' } } },
      /^server\.environment\.ZENML_SERVER_AUTH_SCHEM: is unknown; is ZENML_SERVER_AUTH_SCHEME meant\?$/,
    ],
    [
      'what is no name of a variable',
      { server: { environment: { 'zenml-debug': true } } },
      /^server\.environment\.zenml-debug: is no name of a variable; use capital letters/,
    ],
    [
      'a variable without a value',
      { server: { environment: { ZENML_SERVER_SERVER_URL: null } } },
      /^server\.environment\.ZENML_SERVER_SERVER_URL: is no value of a variable; write a text/,
    ],
    [
      'a variable that is not JSON',
      { server: { environment: { [`${WORKLOADS}TOLERATIONS`]: '[{' } } },
      /^server\.environment\.ZENML_KUBERNETES_WORKLOAD_MANAGER_TOLERATIONS: must be JSON such as/,
    ],
    [
      'a secret in the open',
      { zenml: { environment: { ZENML_STORE_URL: 'mysql://u:p@db/zenml' } } },
      /^server\.environment\.ZENML_STORE_URL: is a secret; put it into/,
    ],
  ])('%s', (_title, values, message) => {
    expect(() => toSettings(values)).toThrow(message);
  });

  test.each([
    '{"requests": {"memory": "2Gi"}, "limits": {"memory": "4Gi"}}',
    '{"requests": {"memory": "1024Mi", "cpu": "8"}}',
    '{"limits": {"memory": "200Mi"}}',
  ])('but not resources of runners that fit: %s', (resources) => {
    expect(() => toSettings({ server: { environment: { [`${WORKLOADS}POD_RESOURCES`]: resources } } })).not.toThrow();
  });

  test('every variable that the server takes for a secret, but certificates', () => {
    const secrets = ALL_VARIABLES.filter(({ secret }) => secret).map(({ name }) => name);
    const taken = secrets.filter((name) => {
      try {
        toSettings({ server: { environment: { [name]: '/etc/file' } } });
        return true;
      } catch (error) {
        expect(error).toMatchObject({ message: expect.stringContaining(`server.environment.${name}: is a secret`) });
        return false;
      }
    });
    expect(taken).toEqual(['ZENML_STORE_SSL_CA', 'ZENML_STORE_SSL_CERT']);
  });

  test('`cdk8s synth` writes nothing then, and leaves the manifests of before as they are', () => {
    const directory = mkdtempSync(join(tmpdir(), 'charts-'));
    try {
      const root = fileURLToPath(new URL('../../', import.meta.url));
      for (const name of ['cdk8s.yaml', 'charts-ts', 'server', 'node_modules'])
        symlinkSync(join(root, name), join(directory, name));
      const program = join('node_modules', 'cdk8s-cli', 'bin', 'cdk8s');
      const synth = (text: string) => {
        writeFileSync(join(directory, 'values.yaml'), text);
        const env = { ...process.env, NODE_OPTIONS: '' };
        const args = [program, 'synth', '--check-upgrade=false'];
        return spawnSync(process.execPath, args, { cwd: directory, env, encoding: 'utf8' });
      };
      const manifests = join(directory, 'dist', 'manifests');
      const written = () => (existsSync(manifests) ? readdirSync(manifests) : []);
      const refused = synth('server:\n  replicas: 0\n');
      expect(refused.status).not.toBe(0);
      expect(refused.stderr).toContain('server.replicas: at least 1 is needed');
      expect(written()).toEqual([]);

      expect(synth('server:\n  userId: 1234\n')).toMatchObject({ status: 0 });
      const file = join(manifests, 'zenml-workspace-server.yaml');
      const before = readFileSync(file, 'utf8');
      expect(before).toContain('runAsUser: 1234');
      expect(synth('server:\n  userId: 0\n').status).not.toBe(0);
      const broken = synth('server: [\n');
      expect(broken.status).not.toBe(0);
      expect(broken.stderr).toMatch(/values\.yaml: cannot be read as YAML: .* at line \d/);
      expect(written()).toEqual(['zenml-workspace-server.yaml']);
      expect(readFileSync(file, 'utf8')).toBe(before);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }, 90_000);
});
