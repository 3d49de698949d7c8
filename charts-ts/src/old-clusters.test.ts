import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Testing } from 'cdk8s';
import ts from 'typescript';
import { toSettings } from './load-values.ts';
import { ServerChart } from './server-chart.ts';

/**
 * The manifests beside the types of Kubernetes 1.21: with what they have, they are taken by 1.24 and newer. An older API
 * server refuses a field that it does not know, or does as if it were not there.
 */

/** Of what 1.21 has under this version. */
const MODULES: Readonly<Record<string, string>> = {
  v1: 'core/v1',
  'apps/v1': 'apps/v1',
  'batch/v1': 'batch/v1',
  'policy/v1': 'policy/v1',
  'networking.k8s.io/v1': 'networking/v1',
  'rbac.authorization.k8s.io/v1': 'rbac/v1',
  'scheduling.k8s.io/v1': 'scheduling/v1',
};
/** Since 1.23, with the fields of this one, whose object says its version in its type. */
const AUTOSCALING = { since: 'autoscaling/v2', module: 'autoscaling/v2beta2' };
/** What is not Kubernetes' own, and when it is made. */
const ADDED = ['ExternalSecret', 'HTTPRoute', 'PrometheusRule', 'ServiceMonitor'];

const everything = {
  secret: { externalSecret: { storeName: 'vault', key: 'zenml' } },
  migration: { mode: 'job', secret: 'owner' },
  ingress: { host: 'zenml.example.com', tlsSecret: 'tls', className: 'nginx', annotations: { a: 'b' } },
  gateway: { host: 'zenml.example.com', gatewayName: 'public', gatewayNamespace: 'infrastructure' },
  server: {
    image: { pullSecrets: ['registry'] },
    nodeSelector: { pool: 'zenml' },
    tolerations: [{ key: 'pool', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }],
    certificateAuthorities: { configMap: 'authorities' },
  },
  runners: { imagePullSecrets: ['registry'] },
  networkPolicy: { clients: ['10.0.0.0/8'], database: ['10.20.0.0/16'] },
  monitoring: { enabled: true },
};

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

/** @returns what TypeScript finds wrong with the manifests as values of the types of old clusters */
function faultsOf(manifests: readonly Manifest[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'charts-types-'));
  try {
    symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(directory, 'node_modules'));
    const file = join(directory, 'manifests.ts');
    writeFileSync(file, manifests.map(declare).join('\n'));
    const program = ts.createProgram([file], { strict: true, noEmit: true, types: [], skipLibCheck: true });
    return ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function declare(manifest: Manifest, index: number): string {
  const old = manifest.apiVersion === AUTOSCALING.since;
  const module = old ? AUTOSCALING.module : MODULES[manifest.apiVersion];
  const value = JSON.stringify(old ? { ...manifest, apiVersion: AUTOSCALING.module } : manifest);
  return `export const manifest${index}: import('kubernetes-types/${module}').${manifest.kind} = ${value};`;
}

const isAdded = ({ kind }: Manifest) => ADDED.includes(kind);
const manifests: readonly Manifest[] = Testing.synth(new ServerChart(Testing.app(), toSettings(everything)));

test('each kind and field that is Kubernetes’ own is one that 1.24 has', () => {
  expect(faultsOf(manifests.filter((manifest) => !isAdded(manifest)))).toEqual([]);
});

test('a field that came later would be found, wherever it stands', () => {
  const job = { apiVersion: 'batch/v1', kind: 'Job', spec: { podFailurePolicy: {}, template: {} } };
  expect(faultsOf([job])).toEqual([expect.stringMatching(/podFailurePolicy.* does not exist/)]);
});

test('what else the manifests need is there only where the values ask for it', () => {
  expect(
    manifests
      .filter(isAdded)
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual(ADDED);
  const usual: readonly Manifest[] = Testing.synth(new ServerChart(Testing.app(), toSettings({})));
  expect(usual.filter(isAdded)).toEqual([]);
});
