import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Passes connections on, so that pods reach what listens on the loopback address only. */
export interface Forwarder {
  readonly port: number;
  stop(): Promise<void>;
}

/** Begins to listen at an address of this machine. */
export async function forward(host: string, target: { host: string; port: number }): Promise<Forwarder> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const onward = connect(target);
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => open.delete(one));
    }
  }).listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}
