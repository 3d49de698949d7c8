import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, connectCluster } from '../workloads/kubernetes/cluster.ts';

/** Answers a request. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Stands in for a cluster's API server, for what a real one answers only now and then. */
export interface TestApiServer {
  readonly cluster: Cluster;
  /** How many connections were made to it. */
  connections(): number;
  stop(): Promise<void>;
}

/** Starts one whose answers are the test's. */
export async function startTestApiServer(answer: Answer): Promise<TestApiServer> {
  let connections = 0;
  const server = createServer(answer).on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const directory = mkdtempSync(join(tmpdir(), 'test-api-server-'));
  return {
    cluster: connectTo(`http://127.0.0.1:${port}`, join(directory, 'kubeconfig')),
    connections: () => connections,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      rmSync(directory, { recursive: true });
    },
  };
}

function connectTo(server: string, file: string): Cluster {
  const kubeconfig = {
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token: 'of-the-test' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  };
  writeFileSync(file, JSON.stringify(kubeconfig));
  return connectCluster({ kubeconfig: file });
}

/** A refusal, as Kubernetes words it. */
export function refusal(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message };
}

/** Answers with an object of Kubernetes. */
export function answerWith(response: ServerResponse, body: object): void {
  const status = 'code' in body ? Number(body.code) : 200;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
