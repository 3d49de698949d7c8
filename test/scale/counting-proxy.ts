import { once } from 'node:events';
import { createServer } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';

/** Stands before an API server and notes what is asked of it. */
export interface CountingProxy {
  /** Without TLS: for a kubeconfig that skips the verification. */
  readonly url: string;
  /** The requests since the last call, watches and all: `GET /api/v1/namespaces/x/pods?watch=true`. */
  take(): readonly string[];
  /** Breaks all connections off, watches too. */
  cut(): void;
  stop(): Promise<void>;
}

/** @param target the API server's address; any certificate is taken */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  let seen: string[] = [];
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  const server = createServer((given, answer) => {
    const { method, headers } = given;
    const url = new URL(given.url ?? '/', target);
    const isWatch = url.searchParams.get('watch') === 'true';
    seen.push(`${method} ${url.pathname}${isWatch ? '?watch=true' : ''}`);
    const passed = request(url, { method, headers, agent }, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers);
      from.on('error', () => answer.destroy());
      from.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    given.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    take() {
      const taken = seen;
      seen = [];
      return taken;
    },
    cut: () => server.closeAllConnections(),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      agent.destroy();
    },
  };
}
