import type { Server, ServerOptions } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a server stops. */
export interface DrainSettings {
  /** How long requests are still accepted after readiness fails, seconds: until the load balancer has noticed. */
  readonly delaySeconds: number;
  /** How long running requests may take to finish, seconds. */
  readonly timeoutSeconds: number;
}

/**
 * Seconds for which an idle connection stays open: longer than load balancers keep theirs (AWS 60 s, Google 600 s), or
 * else they send a request into a connection that is just being closed, and answer their client with 502.
 */
const KEEP_ALIVE_SECONDS = 620;

/** Settings of Node's server. A filter may name a thousand ids in its query: ZenML's own server takes as many bytes. */
export const SERVER_OPTIONS: ServerOptions = {
  keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
  maxHeaderSize: 64 * 1024,
};

/**
 * Stops as kube-apiserver does: requests are served for the delay, then idle connections close and running requests
 * finish; what still runs after the time-out is cut. Each answer meanwhile asks its client to connect anew, so that
 * hardly a connection is left on which a request could cross with its closing.
 * @returns whether every request finished in time.
 */
export async function drain(server: Server, { delaySeconds, timeoutSeconds }: DrainSettings): Promise<boolean> {
  server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
  await sleep(delaySeconds * 1000);
  const closed = new Promise<true>((resolve) => server.close(() => resolve(true)));
  // A connection whose request began before the drain stays open after its answer.
  const closing = setInterval(() => server.closeIdleConnections(), 50);
  const timeout = sleep(timeoutSeconds * 1000, false as const, { ref: false });
  const finished = await Promise.race([closed, timeout]);
  clearInterval(closing);
  if (!finished) server.closeAllConnections();
  return finished;
}
