import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** In place of metrics-server: says of pods that each uses 250m of CPU and 100Mi of memory. */
export interface MetricsApi {
  /** Path of a manifest that has the cluster ask it. */
  readonly manifest: string;
  stop(): Promise<void>;
}

const GROUP = { group: 'metrics.k8s.io', version: 'v1beta1' };
const API_VERSION = `${GROUP.group}/${GROUP.version}`;
const NAME = 'metrics-of-tests';

/** Begins to answer. @param list the pods that are measured */
export async function startMetricsApi(
  host: string,
  directory: string,
  list: () => Promise<{ readonly namespace: string; readonly pods: readonly string[] }>,
): Promise<MetricsApi> {
  const [key, certificate] = [join(directory, 'metrics.key'), join(directory, 'metrics.crt')];
  const files = ['-keyout', key, '-out', certificate];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=metrics', ...files],
    {
      stdio: 'ignore',
    },
  );
  const resources = [{ name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] }];
  const answerTo = async (path: string) => {
    if (!path.endsWith('/pods'))
      return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: API_VERSION, resources };
    const { namespace, pods } = await list();
    const usage = { cpu: '250m', memory: '100Mi' };
    const measured = { timestamp: new Date().toISOString(), window: '1s', containers: [{ name: 'server', usage }] };
    const items = pods.map((name) => ({ metadata: { name, namespace }, ...measured }));
    return { kind: 'PodMetricsList', apiVersion: API_VERSION, metadata: {}, items };
  };
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'https://metrics');
    if (!pathname.startsWith(`/apis/${API_VERSION}`)) {
      response.writeHead(404).end();
      return;
    }
    answerTo(pathname).then(
      (body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  }).listen(0, host);
  await once(server, 'listening');
  const manifest = join(directory, 'metrics.json');
  const items = manifestsOf(host, (server.address() as AddressInfo).port);
  writeFileSync(manifest, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  return {
    manifest,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function manifestsOf(host: string, port: number): object[] {
  const metadata = { name: NAME, namespace: 'kube-system' };
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 443, targetPort: port }] } },
    { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets: [{ addresses: [{ ip: host }], ports: [{ port }] }] },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `${GROUP.version}.${GROUP.group}` },
      spec: {
        ...GROUP,
        service: metadata,
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    },
  ];
}
