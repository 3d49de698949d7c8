import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One address for several replicas, as a Service is; and a network that loses answers. */
export interface Balancer {
  readonly url: string;
  /** The replicas that requests go to, in turn. */
  setReplicas(urls: readonly string[]): void;
  /** From now on one in `count` answers to requests that start runs is lost, after the replica has done its work. */
  dropAnswers(count: number): void;
  /** How many answers it has dropped since then. */
  dropped(): number;
  stop(): Promise<void>;
}

/** Begins to listen. */
export async function startBalancer(host: string): Promise<Balancer> {
  let replicas: readonly string[] = [];
  let turn = 0;
  let every = 0;
  let answered = 0;
  let dropped = 0;

  const isToBeDropped = ({ method, url = '' }: IncomingMessage) => {
    if (every === 0 || method !== 'POST' || !/\/pipeline_snapshots\/[^/]+\/runs$/.test(url)) return false;
    answered += 1;
    return answered % every === 0;
  };

  const forward = (given: IncomingMessage, answer: ServerResponse) => {
    const target = new URL(given.url ?? '/', replicas[turn++ % replicas.length]);
    const passed = request(target, { method: given.method, headers: given.headers, agent: false }, (from) => {
      const chunks: Buffer[] = [];
      from.on('data', (chunk: Buffer) => chunks.push(chunk));
      from.on('error', () => answer.destroy());
      from.on('end', () => {
        if (isToBeDropped(given)) {
          dropped += 1;
          answer.destroy();
          return;
        }
        const body = Buffer.concat(chunks);
        const type = from.headers['content-type'];
        answer.writeHead(from.statusCode ?? 502, {
          ...(type && { 'content-type': type }),
          'content-length': body.length,
        });
        answer.end(body);
      });
    });
    // A replica that is not there, or dies meanwhile: the client sees a connection that ends.
    passed.on('error', () => answer.destroy());
    given.pipe(passed);
  };

  const server = createServer(forward).listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    setReplicas: (urls) => {
      replicas = urls;
    },
    dropAnswers: (count) => {
      [every, answered, dropped] = [count, 0, 0];
    },
    dropped: () => dropped,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
