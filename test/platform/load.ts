import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What became of the requests of a load. */
export interface Load {
  /** Ends it. @returns how many requests there were, and what went wrong */
  stop(): Promise<{ readonly requests: number; readonly failures: readonly string[] }>;
}

const PER_SECOND = 100;
const TICK = 50;
/** As of ZenML's SDK: a request whose connection fails is sent again, five times at most. */
const SDK_RETRIES = 5;

/**
 * Begins to send a hundred requests a second over connections that are kept alive.
 * @param options `retries`: whether a connection that fails is tried again, as ZenML's SDK does
 */
export function beginLoad(url: string, headers: Record<string, string>, { retries = false } = {}): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const failures: string[] = [];
  const running = new Set<Promise<void>>();
  let requests = 0;

  const once = () =>
    new Promise<string | undefined>((resolve) => {
      const sent = request(url, { agent, headers }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode === 200 ? undefined : `status ${answer.statusCode}`));
        answer.on('error', (error) => resolve(error.message));
      });
      sent.on('error', (error) => resolve(error.message));
      sent.end();
    });

  const send = async () => {
    requests += 1;
    let failure = await once();
    for (let attempt = 1; retries && failure !== undefined && attempt <= SDK_RETRIES; attempt += 1) {
      await sleep(100 * 2 ** attempt);
      failure = await once();
    }
    if (failure !== undefined) failures.push(failure);
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
      return { requests, failures };
    },
  };
}
