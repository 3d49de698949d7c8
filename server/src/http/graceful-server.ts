import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a server stops. */
export interface DrainSettings {
  /** How long requests are still accepted after readiness fails, seconds: until the load balancer has noticed. */
  readonly delaySeconds: number;
  /** How long running requests may take to finish, seconds. */
  readonly timeoutSeconds: number;
}

/**
 * Stops as kube-apiserver does: requests are served for the delay, then idle connections close and running requests
 * finish; what still runs after the time-out is cut.
 * @returns whether every request finished in time.
 */
export async function drain(server: Server, { delaySeconds, timeoutSeconds }: DrainSettings): Promise<boolean> {
  await sleep(delaySeconds * 1000);
  const closed = new Promise<true>((resolve) => server.close(() => resolve(true)));
  server.closeIdleConnections();
  const timeout = sleep(timeoutSeconds * 1000, false as const, { ref: false });
  const finished = await Promise.race([closed, timeout]);
  if (!finished) server.closeAllConnections();
  return finished;
}
