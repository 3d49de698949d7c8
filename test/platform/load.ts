import { Agent, request } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request that got no answer, or a wrong one. */
export interface Failure {
  readonly reason: string;
  /** When the connection that it was sent on was opened, milliseconds as of `performance.now()`. */
  readonly connectedAt: number;
}

/** A load that runs. */
export interface Load {
  /** Ends it. @returns what became of its requests */
  stop(): Promise<{
    readonly requests: number;
    readonly failures: readonly Failure[];
    /** Connections that were refused, and tried again at once: nothing had been sent. */
    readonly refusedConnections: number;
  }>;
}

const PER_SECOND = 100;
const TICK = 50;
/** As of ZenML's SDK: a request whose connection fails is sent again, five times at most. */
const SDK_RETRIES = 5;

/** As load balancers, and ingress controllers, which try the next replica. */
const MAX_CONNECTS = 50;

/**
 * Begins to send a hundred requests a second over connections that are kept alive.
 * @param options `retries`: whether a request that fails is sent again, as by ZenML's SDK
 */
export function beginLoad(url: string, headers: Record<string, string>, { retries = false } = {}): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const connectedAt = new WeakMap<Socket, number>();
  const failures: Failure[] = [];
  const running = new Set<Promise<void>>();
  let requests = 0;
  let refusedConnections = 0;

  /** @returns what failed; 'refused' where there was no connection */
  const once = () =>
    new Promise<Failure | 'refused' | undefined>((resolve) => {
      let socket: Socket | undefined;
      const fail = (reason: string) => resolve({ reason, connectedAt: (socket && connectedAt.get(socket)) ?? 0 });
      const sent = request(url, { agent, headers }, (answer) => {
        answer.resume();
        answer.on('end', () => (answer.statusCode === 200 ? resolve(undefined) : fail(`status ${answer.statusCode}`)));
        answer.on('error', (error) => fail(error.message));
      });
      sent.on('socket', (used: Socket) => {
        socket = used;
        if (used.connecting) used.once('connect', () => connectedAt.set(used, performance.now()));
      });
      sent.on('error', (error: NodeJS.ErrnoException) => {
        if (error.syscall === 'connect') resolve('refused');
        else fail(error.message);
      });
      sent.end();
    });

  const onceConnected = async () => {
    for (let attempt = 1; attempt < MAX_CONNECTS; attempt += 1) {
      const failure = await once();
      if (failure !== 'refused') return failure;
      refusedConnections += 1;
    }
    return { reason: 'no connection', connectedAt: performance.now() };
  };

  const send = async () => {
    requests += 1;
    let failure = await onceConnected();
    for (let attempt = 1; retries && failure && attempt <= SDK_RETRIES; attempt += 1) {
      await sleep(100 * 2 ** attempt);
      failure = await onceConnected();
    }
    if (failure) failures.push(failure);
  };

  const timer = setInterval(() => {
    for (let count = 0; count < (PER_SECOND * TICK) / 1000; count += 1) {
      const task: Promise<void> = send().finally(() => running.delete(task));
      running.add(task);
    }
  }, TICK);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(running);
      agent.destroy();
      return { requests, failures, refusedConnections };
    },
  };
}
